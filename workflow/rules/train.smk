"""Training: one run for every network and seed; a rule a network, as each keeps its own epochs.

A network with files of its own is imported instead.
"""

from itertools import filterfalse

for network in filterfalse(STUDY.imported, STUDY.networks):

    rule:
        name:
            f"train_{network}"
        input:
            unpack(of_job(stages.training_inputs)),
            code=code("train_network"),
        output:
            history=paths.HISTORY,
            checkpoints=list(STUDY.checkpoints(network).values()),
        log:
            paths.log("train_network"),
        benchmark:
            paths.benchmark("train_network")
        wildcard_constraints:
            network=re.escape(network),
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(sizes.training_seconds)),
        params:
            stage=stages.training_params(STUDY, network),
        script:
            "../scripts/train_network.py"


for network in filter(STUDY.imported, STUDY.networks):

    rule:
        name:
            f"import_{network}"
        input:
            unpack(of_job(stages.import_inputs)),
            code=code("import_network"),
        output:
            history=paths.HISTORY,
            checkpoints=list(STUDY.checkpoints(network).values()),
        log:
            paths.log("import_network"),
        benchmark:
            paths.benchmark("import_network")
        wildcard_constraints:
            network=re.escape(network),
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(sizes.import_seconds)),
        params:
            stage=stages.import_params(STUDY, network),
        script:
            "../scripts/import_network.py"


rule make_midpoint:
    input:
        unpack(of_job(stages.midpoint_inputs)),
        code=code("make_midpoint"),
    output:
        paths.MIDPOINT,
    log:
        paths.log("make_midpoint", "{network}-seed{seed}-{center}"),
    benchmark:
        paths.benchmark("make_midpoint", "{network}-seed{seed}-{center}")
    localrule: True
    conda:
        "../../envs/prospect.yaml"
    threads: 1
    script:
        "../scripts/make_midpoint.py"


rule draw_training:
    input:
        histories=stages.history_files(STUDY),
        code=code("draw_training"),
    output:
        figure(["training"], "training", "../report/training.rst"),
    log:
        paths.log("draw_training", "all"),
    benchmark:
        paths.benchmark("draw_training", "all")
    localrule: True
    conda:
        "../../envs/prospect.yaml"
    params:
        style=stages.figure_params(STUDY),
        task=stages.task_in_words(STUDY),
    script:
        "../scripts/draw_training.py"
