import subprocess
import sys

from small_data import ROOT


def test_importing_charts_does_not_load_pyplot() -> None:
    program = (
        "import sys, core.evaluation.charts, core.evaluation.tuning.study_charts\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
