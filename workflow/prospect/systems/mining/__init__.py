"""Mining (arXiv:2405.12493): directions mined for drawn patterns, and a name for every shape.

system       its config sections, their checks, its stages' parameters, its targets
units        the unit of mining's cost
optimiser    Adam on one tensor, orthogonal directions
points       the points of a step, and what their losses say
mine         pattern + objective -> directions (and origin)
naming       a grid -> its row in the table of shapes
tables       the tables of all shapes, curves of populations and their bands
success      how often mining succeeds, and at what cost
chance       how often directions that were not mined show the same shapes
solutions    what the mined points are
lens         what gradient and Hessian say of a curve, and what the curve shows
insights     what Hessians and lens say of a whole study, as tables and sentences
panels       what it brings to the page
figures      one module a theme
"""
