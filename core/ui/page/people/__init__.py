"""The people whom a list is for: what a browser keeps of each of them, and how its values are read.

``core.ui.page.state`` takes the people and the readers of values.
"""
