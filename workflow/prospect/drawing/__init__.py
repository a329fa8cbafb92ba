"""What every figure shares.

style        fonts, colours, and how a figure is saved
panels       a curve, a surface in 3D, its contours, labels and the footnote
marks        means over networks as bands and dots; axes and keys for them
training     loss and metric over the epochs
trajectories  training runs over a surface
"""
