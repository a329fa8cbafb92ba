"""One folder for what each paper asks for.

mining       arXiv:2405.12493: mined directions, named shapes, the Hessian's explanation
"""
