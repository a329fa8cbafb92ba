"""What Snakemake sees of a study. Imports no torch: the Snakefile is read often.

schema       the schemas of all sections, and errors in the user's words
text         YAML files -> plain values that are what they look like
config       what config files hold -> a checked config with its defaults
variants     one entry with a list means one entry a value
checks       what the checks of all sections share
model_checks  what a schema cannot say of data, networks, training and centers
landscape_checks  the same of directions, curves, surfaces, populations and Hessians
read         the study that Snakemake was asked for
paths        the path grammar: where every file lies
resolve      what a study asks for: centers, directions, curves, surfaces
stages       parameters and inputs of every shared stage
trajectories  the same of following training runs over surfaces
sizes        guesses of how long jobs take, and of their memory
systems      the systems that are there, and what each must bring
plan         how long jobs take: by earlier runs, else by the guesses of their rules
logs         what the logs of jobs say
console      what a person sees of a run
attempts     which jobs that failed are not tried again
lock         one run at a time on a study
cluster      what a run asks of SLURM before its first job, and what SLURM says, in words
code         the files that a script depends on
"""
