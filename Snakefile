"""Prospect: train networks, mine their loss landscape, name and draw the shapes.

stage                files under results/{study}
train_{network}      {network}/seed{seed}/checkpoints/epoch{n}.safetensors, history.csv
make_midpoint        {network}/seed{seed}/midpoints/{center}.safetensors
analyse_hessian      {network}/seed{seed}/hessian/{center}.h5
make_directions      {network}/seed{seed}/directions/{center}/{direction}.h5
mine_pattern         {network}/seed{seed}/directions/{center}/{pattern}.h5
evaluate_curves      {network}/seed{seed}/curves/{curve}.h5
evaluate_surface     {network}/seed{seed}/surfaces/{surface}.h5
evaluate_test_*      {network}/seed{seed}/test/curves/{curve}.h5, test/surfaces/{surface}.h5
evaluate_population  {network}/seed{seed}/population.h5
explain_curves       {network}/seed{seed}/lens.csv
join_lens            lens.csv, hessian.csv
name_shapes          shapes.csv, population.csv, summary.txt
judge_mining         success.csv, chance.csv, mined.csv, mining.txt
draw_*               figures/{figure}.pdf and .png

Logs and benchmark tables: results/{study}/logs and results/{study}/benchmarks, by rule.
"""

from snakemake.utils import min_version

min_version("9.0")

if not workflow.config_settings.configfiles:

    configfile: "config/config.yaml"


report: "workflow/report/study.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/directions.smk"
include: "workflow/rules/hessian.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/shapes.smk"
include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        collect("results/{study}/shapes.csv", study=STUDY.name),
        findings(),
        all_figures(),
    localrule: True


rule checkpoints:
    input:
        per_model("results/{study}/{network}/seed{seed}/history.csv"),
    localrule: True


rule grids:
    input:
        grids(),
    localrule: True


rule hessians:
    input:
        hessians(),
    localrule: True
