"""Prospect: train networks, mine their loss landscape, name and draw the shapes.

stage                files under results/{study}
train_{network}      {network}/seed{seed}/checkpoints/epoch{n}.safetensors, history.csv
import_{network}     the same, of files of your own
make_midpoint        {network}/seed{seed}/midpoints/{center}.safetensors
make_directions      {network}/seed{seed}/directions/{center}/{direction}.h5
analyse_hessian      {network}/seed{seed}/hessian/{center}.h5
evaluate_curves      {network}/seed{seed}/curves/{curve}.h5
evaluate_surface     {network}/seed{seed}/surfaces/{surface}.h5
evaluate_population  {network}/seed{seed}/populations/{population}.h5
measure_trajectories {network}/seed{seed}/trajectories/{surface}/checkpoints.csv, runs.csv
join_trajectories    trajectories.csv, runs.csv
export_surface       {network}/seed{seed}/surfaces/{surface}.vtr, .ply and .csv
draw_training        figures/training.pdf and .png
judge_claims         claims.csv
make_page            atlas.html
list_files           provenance.json

Every system adds its own: workflow/prospect/systems/{system}/rules.smk says which. Logs and
benchmark tables: results/{study}/logs and results/{study}/benchmarks, by rule.
"""

from snakemake.utils import min_version

min_version("9.27")


report: "workflow/report/study.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/directions.smk"
include: "workflow/rules/hessian.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/trajectories.smk"
include: "workflow/rules/exports.smk"


for name in SYSTEMS:

    include: f"workflow/prospect/systems/{name}/rules.smk"


include: "workflow/rules/claims.smk"
include: "workflow/rules/page.smk"
include: "workflow/rules/provenance.smk"


rule all:
    default_target: True
    input:
        TARGETS,
        paths.PROVENANCE.format(study=STUDY.name),
    localrule: True


rule checkpoints:
    input:
        stages.history_files(STUDY),
    localrule: True


rule grids:
    input:
        stages.curve_files(STUDY),
        stages.surface_files(STUDY),
        stages.population_files(STUDY),
    localrule: True


rule exports:
    input:
        stages.export_files(STUDY),
    localrule: True


rule hessians:
    input:
        stages.hessian_files(STUDY),
    localrule: True
