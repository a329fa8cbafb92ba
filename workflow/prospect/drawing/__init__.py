"""What every figure shares.

style        fonts, colours, and how a figure is saved
panels       a curve, a surface in 3D, its contours, labels and the footnote
training     loss and accuracy over the epochs
"""
