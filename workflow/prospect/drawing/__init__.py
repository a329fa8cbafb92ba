"""What every figure shares.

style        fonts, colours, and how a figure is saved
panels       a curve, a surface in 3D, its contours, labels and the footnote
bands        means over runs or networks with their intervals
training     loss and accuracy over the epochs
"""
