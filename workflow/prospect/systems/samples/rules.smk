"""Samples: how a landscape settles as samples are added (arXiv:2409.11995).

stage                files under results/{study}
measure_{section}    the tables of one network, {network}/{table}.csv; of samples_needed those of one
                     model, {network}/seed{seed}/{table}.csv; of increments, bounds, hessians and retraining the study's
join_{section}       the study's tables, and advice in samples_needed.txt
draw_{section}       figures/samples/{figure}.pdf and .png

The sections are those of ``system.py``: increments, convergence, samples_needed, second_order, bounds, hessians, retraining.
"""

from prospect.systems.samples import system as samples

SAMPLES = SYSTEMS["samples"]


def tables_of(section, names):
    """Name tables of a section, with their place in the report."""
    return [table(name, f"report/{section}.rst") for name in names[section]]


def figures_of(section):
    """Name the figures of a section, with their place in the report."""
    names = [f"samples/{name}" for name in samples.FIGURES[section]]
    return figure(names, "samples", f"report/{section}.rst")


if SAMPLES.has("increments"):

    rule measure_increments:
        input:
            code=code("measure_increments", "samples"),
        output:
            tables_of("increments", samples.TABLES),
        log:
            paths.log("measure_increments", "all"),
        benchmark:
            paths.benchmark("measure_increments", "all")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(SAMPLES.own_seconds("increments")),
        params:
            stage=SAMPLES.own_params("increments"),
        script:
            "scripts/measure_increments.py"

    rule join_increments:
        input:
            **SAMPLES.files_of("increments"),
            code=code("join_increments", "samples"),
        output:
            tables_of("increments", samples.JOINED),
        log:
            paths.log("join_increments", "all"),
        benchmark:
            paths.benchmark("join_increments", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            stage=SAMPLES.own_params("increments"),
        script:
            "scripts/join_increments.py"

    rule draw_increments:
        input:
            tables=SAMPLES.tables_of("increments"),
            code=code("draw_increments", "samples"),
        output:
            figures_of("increments"),
        log:
            paths.log("draw_increments", "all"),
        benchmark:
            paths.benchmark("draw_increments", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_increments.py"


if SAMPLES.has("convergence"):

    rule measure_convergence:
        input:
            code=code("measure_convergence", "samples"),
        output:
            SAMPLES.outputs("convergence"),
        log:
            paths.log("measure_convergence", "{network}"),
        benchmark:
            paths.benchmark("measure_convergence", "{network}")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(partial(SAMPLES.seconds, "convergence"))),
        params:
            stage=of_job(partial(SAMPLES.params, "convergence")),
        script:
            "scripts/measure_convergence.py"

    rule join_convergence:
        input:
            **SAMPLES.files_of("convergence"),
            code=code("join_convergence", "samples"),
        output:
            tables_of("convergence", samples.JOINED),
        log:
            paths.log("join_convergence", "all"),
        benchmark:
            paths.benchmark("join_convergence", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            stage=SAMPLES.own_params("convergence"),
        script:
            "scripts/join_convergence.py"

    rule draw_convergence:
        input:
            tables=SAMPLES.tables_of("convergence"),
            code=code("draw_convergence", "samples"),
        output:
            figures_of("convergence"),
        log:
            paths.log("draw_convergence", "all"),
        benchmark:
            paths.benchmark("draw_convergence", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_convergence.py"


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
            **asked(of_job(SAMPLES.item_seconds)),
        params:
            stage=of_job(SAMPLES.item_params),
        script:
            "scripts/measure_samples_needed.py"

    rule join_samples_needed:
        input:
            **SAMPLES.files_of("samples_needed"),
            code=code("join_samples_needed", "samples"),
        output:
            tables_of("samples_needed", samples.JOINED),
        log:
            paths.log("join_samples_needed", "all"),
        benchmark:
            paths.benchmark("join_samples_needed", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            stage=SAMPLES.own_params("samples_needed"),
        script:
            "scripts/join_samples_needed.py"

    rule draw_samples_needed:
        input:
            tables=SAMPLES.tables_of("samples_needed"),
            code=code("draw_samples_needed", "samples"),
        output:
            figures_of("samples_needed"),
        log:
            paths.log("draw_samples_needed", "all"),
        benchmark:
            paths.benchmark("draw_samples_needed", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_samples_needed.py"


if SAMPLES.has("second_order"):

    rule measure_second_order:
        input:
            code=code("measure_second_order", "samples"),
        output:
            SAMPLES.outputs("second_order"),
        log:
            paths.log("measure_second_order", "{network}"),
        benchmark:
            paths.benchmark("measure_second_order", "{network}")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(partial(SAMPLES.seconds, "second_order"))),
        params:
            stage=of_job(partial(SAMPLES.params, "second_order")),
        script:
            "scripts/measure_second_order.py"

    rule join_second_order:
        input:
            **SAMPLES.files_of("second_order"),
            code=code("join_second_order", "samples"),
        output:
            tables_of("second_order", samples.JOINED),
        log:
            paths.log("join_second_order", "all"),
        benchmark:
            paths.benchmark("join_second_order", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            stage=SAMPLES.own_params("second_order"),
        script:
            "scripts/join_second_order.py"

    rule draw_second_order:
        input:
            tables=SAMPLES.tables_of("second_order"),
            code=code("draw_second_order", "samples"),
        output:
            figures_of("second_order"),
        log:
            paths.log("draw_second_order", "all"),
        benchmark:
            paths.benchmark("draw_second_order", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_second_order.py"


if SAMPLES.has("bounds"):

    rule measure_bounds:
        input:
            code=code("measure_bounds", "samples"),
        output:
            tables_of("bounds", samples.TABLES),
        log:
            paths.log("measure_bounds", "all"),
        benchmark:
            paths.benchmark("measure_bounds", "all")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(SAMPLES.own_seconds("bounds")),
        params:
            stage=SAMPLES.own_params("bounds"),
        script:
            "scripts/measure_bounds.py"

    rule draw_bounds:
        input:
            tables=SAMPLES.tables_of("bounds"),
            code=code("draw_bounds", "samples"),
        output:
            figures_of("bounds"),
        log:
            paths.log("draw_bounds", "all"),
        benchmark:
            paths.benchmark("draw_bounds", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_bounds.py"


if SAMPLES.has("hessians"):

    rule measure_hessians:
        input:
            code=code("measure_hessians", "samples"),
        output:
            tables_of("hessians", samples.TABLES),
        log:
            paths.log("measure_hessians", "all"),
        benchmark:
            paths.benchmark("measure_hessians", "all")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(SAMPLES.own_seconds("hessians")),
        params:
            stage=SAMPLES.own_params("hessians"),
        script:
            "scripts/measure_hessians.py"

    rule draw_hessians:
        input:
            tables=SAMPLES.tables_of("hessians"),
            code=code("draw_hessians", "samples"),
        output:
            figures_of("hessians"),
        log:
            paths.log("draw_hessians", "all"),
        benchmark:
            paths.benchmark("draw_hessians", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_hessians.py"


if SAMPLES.has("retraining"):

    rule measure_retraining:
        input:
            code=code("measure_retraining", "samples"),
        output:
            tables_of("retraining", samples.TABLES),
        log:
            paths.log("measure_retraining", "all"),
        benchmark:
            paths.benchmark("measure_retraining", "all")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(SAMPLES.own_seconds("retraining")),
        params:
            stage=SAMPLES.own_params("retraining"),
        script:
            "scripts/measure_retraining.py"

    rule join_retraining:
        input:
            **SAMPLES.files_of("retraining"),
            code=code("join_retraining", "samples"),
        output:
            tables_of("retraining", samples.JOINED),
        log:
            paths.log("join_retraining", "all"),
        benchmark:
            paths.benchmark("join_retraining", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            stage=SAMPLES.own_params("retraining"),
        script:
            "scripts/join_retraining.py"

    rule draw_retraining:
        input:
            tables=SAMPLES.tables_of("retraining"),
            code=code("draw_retraining", "samples"),
        output:
            figures_of("retraining"),
            animation=report(
                samples.ANIMATION,
                category="Figures",
                subcategory="samples",
                caption="report/retraining.rst",
            ),
        log:
            paths.log("draw_retraining", "all"),
        benchmark:
            paths.benchmark("draw_retraining", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_retraining.py"
