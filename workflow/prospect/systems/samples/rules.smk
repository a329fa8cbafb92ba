"""Samples: how a landscape settles as samples are added (arXiv:2409.11995).

stage                files under results/{study}
measure_{section}    the tables of one network, {network}/{table}.csv; of samples_needed those of one
                     model, {network}/seed{seed}/{table}.csv; of increments the study's
join_{section}       the study's tables, and advice in samples_needed.txt
draw_{section}       figures/samples/{figure}.pdf and .png

Paths of scripts are read when a job runs, so they take their section from its parameters.

The sections are those of ``system.py``: increments, convergence, samples_needed, second_order.
"""

from prospect.systems.samples import system as samples

SAMPLES = SYSTEMS["samples"]


if SAMPLES.has("samples_needed"):

    rule measure_samples_needed:
        input:
            unpack(of_job(SAMPLES.item_inputs)),
            code=code("measure_samples_needed", "samples"),
        output:
            SAMPLES.outputs("samples_needed"),
        log:
            paths.log("measure_samples_needed"),
        benchmark:
            paths.benchmark("measure_samples_needed")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
            seconds=of_job(SAMPLES.item_seconds),
        params:
            stage=of_job(SAMPLES.item_params),
        script:
            "scripts/measure_samples_needed.py"


for section in filter(SAMPLES.has, samples.ONCE):

    rule:
        name:
            f"measure_{section}"
        input:
            code=code(f"measure_{section}", "samples"),
        output:
            [table(name, f"report/{section}.rst") for name in samples.TABLES[section]],
        log:
            paths.log(f"measure_{section}", "all"),
        benchmark:
            paths.benchmark(f"measure_{section}", "all")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
            seconds=SAMPLES.increment_seconds(),
        params:
            section=section,
            stage=SAMPLES.own_params(section),
        script:
            "scripts/measure_{params.section}.py"


for section in filter(SAMPLES.has, samples.BY_NETWORK):

    rule:
        name:
            f"measure_{section}"
        input:
            code=code(f"measure_{section}", "samples"),
        output:
            SAMPLES.outputs(section),
        log:
            paths.log(f"measure_{section}", "{network}"),
        benchmark:
            paths.benchmark(f"measure_{section}", "{network}")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
            seconds=of_job(partial(SAMPLES.seconds, section)),
        params:
            section=section,
            stage=of_job(partial(SAMPLES.params, section)),
        script:
            "scripts/measure_{params.section}.py"


for section in filter(SAMPLES.has, SAMPLES.sections):

    rule:
        name:
            f"join_{section}"
        input:
            **SAMPLES.files_of(section),
            code=code(f"join_{section}", "samples"),
        output:
            [table(name, f"report/{section}.rst") for name in samples.JOINED[section]],
        log:
            paths.log(f"join_{section}", "all"),
        benchmark:
            paths.benchmark(f"join_{section}", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            section=section,
            stage=SAMPLES.own_params(section),
        script:
            "scripts/join_{params.section}.py"

    rule:
        name:
            f"draw_{section}"
        input:
            tables=[
                path for path in SAMPLES.results_of(section) if path.endswith(".csv")
            ],
            code=code(f"draw_{section}", "samples"),
        output:
            figure(
                [f"samples/{name}" for name in samples.FIGURES[section]],
                "samples",
                f"report/{section}.rst",
            ),
        log:
            paths.log(f"draw_{section}", "all"),
        benchmark:
            paths.benchmark(f"draw_{section}", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            section=section,
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_{params.section}.py"
