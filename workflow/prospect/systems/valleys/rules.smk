"""Valleys: asymmetry and signs, fusion and federated training (arXiv:2405.12489).

stage                files under results/{study}
measure_asymmetry    {network}/seed{seed}/asymmetry/{center}.h5, asymmetry.csv
vary_training        {network}/variations.csv
fuse_networks        {network}/fusion.csv
compare_batches      {network}/batches.csv, batches-lines.csv
average_weights      {network}/averages.csv, averages-lines.csv
federate             {network}/federated/{method}.csv
demonstrate          softmax.csv, relu.csv, theory.csv
join_*               the study's tables of each: asymmetry.csv, controls.csv, fusion.csv, …
draw_*               figures/valleys/{figure}.pdf and .png
"""

from prospect.systems.valleys import system as valleys

VALLEYS = SYSTEMS["valleys"]


def figures_of(section, caption):
    """Name the figures of a section, with their place in the report."""
    names = [f"valleys/{name}" for name in valleys.FIGURES[section]]
    return figure(names, "valleys", caption)


if VALLEYS.has("asymmetry"):

    for network in STUDY.networks:

        rule:
            name:
                f"measure_asymmetry_{network}"
            input:
                unpack(of_job(VALLEYS.asymmetry_inputs)),
                code=code("measure_asymmetry", "valleys"),
            output:
                **VALLEYS.asymmetry_outputs(network),
            log:
                paths.log("measure_asymmetry"),
            benchmark:
                paths.benchmark("measure_asymmetry")
            wildcard_constraints:
                network=re.escape(network),
            conda:
                "../../../../envs/prospect.yaml"
            threads: 1
            resources:
                **asked(of_job(VALLEYS.asymmetry_seconds)),
            params:
                stage=VALLEYS.asymmetry_params(network),
            script:
                "scripts/measure_asymmetry.py"

    rule join_asymmetry:
        input:
            sides=VALLEYS.side_files(),
            code=code("join_asymmetry", "valleys"),
        output:
            asymmetry=table("asymmetry.csv", "report/asymmetry.rst"),
            controls=table("controls.csv", "report/controls.rst"),
            trends=table("trends.csv", "report/asymmetry.rst"),
            findings=table("asymmetry.txt", "report/asymmetry_findings.rst"),
        log:
            paths.log("join_asymmetry", "all"),
        benchmark:
            paths.benchmark("join_asymmetry", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        script:
            "scripts/join_asymmetry.py"

    rule draw_asymmetry:
        input:
            asymmetry=rules.join_asymmetry.output.asymmetry,
            controls=rules.join_asymmetry.output.controls,
            grids=VALLEYS.grid_files(),
            code=code("draw_asymmetry", "valleys"),
        output:
            figures_of("asymmetry", "report/asymmetry.rst"),
        log:
            paths.log("draw_asymmetry", "all"),
        benchmark:
            paths.benchmark("draw_asymmetry", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_asymmetry.py"


if VALLEYS.has("variations"):

    rule vary_training:
        input:
            code=code("vary_training", "valleys"),
        output:
            valleys.tables_of("variations"),
        log:
            paths.log("vary_training", "{network}"),
        benchmark:
            paths.benchmark("vary_training", "{network}")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(partial(VALLEYS.network_seconds, "variations"))),
        params:
            stage=of_job(partial(stages.section_params, STUDY, "variations")),
        script:
            "scripts/vary_training.py"

    rule join_variations:
        input:
            **VALLEYS.files_of("variations"),
            code=code("join_variations", "valleys"),
        output:
            [
                table(name, "report/variations.rst")
                for name in valleys.RESULTS["variations"]
            ],
        log:
            paths.log("join_variations", "all"),
        benchmark:
            paths.benchmark("join_variations", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        script:
            "scripts/join_variations.py"

    rule draw_variations:
        input:
            tables=rules.join_variations.output,
            code=code("draw_variations", "valleys"),
        output:
            figures_of("variations", "report/variations.rst"),
        log:
            paths.log("draw_variations", "all"),
        benchmark:
            paths.benchmark("draw_variations", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_variations.py"


if VALLEYS.has("fusion"):

    rule fuse_networks:
        input:
            code=code("fuse_networks", "valleys"),
        output:
            valleys.tables_of("fusion"),
        log:
            paths.log("fuse_networks", "{network}"),
        benchmark:
            paths.benchmark("fuse_networks", "{network}")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(partial(VALLEYS.network_seconds, "fusion"))),
        params:
            stage=of_job(partial(stages.section_params, STUDY, "fusion")),
        script:
            "scripts/fuse_networks.py"

    rule join_fusion:
        input:
            **VALLEYS.files_of("fusion"),
            code=code("join_fusion", "valleys"),
        output:
            [table(name, "report/fusion.rst") for name in valleys.RESULTS["fusion"]],
        log:
            paths.log("join_fusion", "all"),
        benchmark:
            paths.benchmark("join_fusion", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        script:
            "scripts/join_fusion.py"

    rule draw_fusion:
        input:
            tables=rules.join_fusion.output,
            code=code("draw_fusion", "valleys"),
        output:
            figures_of("fusion", "report/fusion.rst"),
        log:
            paths.log("draw_fusion", "all"),
        benchmark:
            paths.benchmark("draw_fusion", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_fusion.py"


if VALLEYS.has("batches"):

    rule compare_batches:
        input:
            code=code("compare_batches", "valleys"),
        output:
            valleys.tables_of("batches"),
        log:
            paths.log("compare_batches", "{network}"),
        benchmark:
            paths.benchmark("compare_batches", "{network}")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(partial(VALLEYS.network_seconds, "batches"))),
        params:
            stage=of_job(partial(stages.section_params, STUDY, "batches")),
        script:
            "scripts/compare_batches.py"

    rule join_batches:
        input:
            **VALLEYS.files_of("batches"),
            code=code("join_batches", "valleys"),
        output:
            [table(name, "report/batches.rst") for name in valleys.RESULTS["batches"]],
        log:
            paths.log("join_batches", "all"),
        benchmark:
            paths.benchmark("join_batches", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        script:
            "scripts/join_batches.py"

    rule draw_batches:
        input:
            tables=rules.join_batches.output,
            code=code("draw_batches", "valleys"),
        output:
            figures_of("batches", "report/batches.rst"),
        log:
            paths.log("draw_batches", "all"),
        benchmark:
            paths.benchmark("draw_batches", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_batches.py"


if VALLEYS.has("averages"):

    rule average_weights:
        input:
            code=code("average_weights", "valleys"),
        output:
            valleys.tables_of("averages"),
        log:
            paths.log("average_weights", "{network}"),
        benchmark:
            paths.benchmark("average_weights", "{network}")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(partial(VALLEYS.network_seconds, "averages"))),
        params:
            stage=of_job(partial(stages.section_params, STUDY, "averages")),
        script:
            "scripts/average_weights.py"

    rule join_averages:
        input:
            **VALLEYS.files_of("averages"),
            code=code("join_averages", "valleys"),
        output:
            [table(name, "report/averages.rst") for name in valleys.RESULTS["averages"]],
        log:
            paths.log("join_averages", "all"),
        benchmark:
            paths.benchmark("join_averages", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        script:
            "scripts/join_averages.py"

    rule draw_averages:
        input:
            tables=rules.join_averages.output,
            code=code("draw_averages", "valleys"),
        output:
            figures_of("averages", "report/averages.rst"),
        log:
            paths.log("draw_averages", "all"),
        benchmark:
            paths.benchmark("draw_averages", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_averages.py"


if VALLEYS.has("federated"):

    for method in STUDY.config["federated"]["methods"]:

        rule:
            name:
                f"federate_{method}"
            input:
                code=code("federate", "valleys"),
            output:
                valleys.FEDERATED.replace(
                    "{network}", STUDY.config["federated"]["network"]
                ).replace("{method}", method),
            log:
                paths.log("federate", method),
            benchmark:
                paths.benchmark("federate", method)
            conda:
                "../../../../envs/prospect.yaml"
            threads: 1
            resources:
                **asked(VALLEYS.federated_seconds(method)),
            params:
                method=method,
                stage=VALLEYS.federated_params(method),
            script:
                "scripts/federate.py"

    rule join_federated:
        input:
            rounds=VALLEYS.federated_files(),
            code=code("join_federated", "valleys"),
        output:
            [
                table(name, "report/federated.rst")
                for name in valleys.RESULTS["federated"]
            ],
        log:
            paths.log("join_federated", "all"),
        benchmark:
            paths.benchmark("join_federated", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            stage=VALLEYS.federated_params("fedavg"),
        script:
            "scripts/join_federated.py"

    rule draw_federated:
        input:
            tables=rules.join_federated.output,
            code=code("draw_federated", "valleys"),
        output:
            figures_of("federated", "report/federated.rst"),
        log:
            paths.log("draw_federated", "all"),
        benchmark:
            paths.benchmark("draw_federated", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_federated.py"


if VALLEYS.has("theory"):

    rule demonstrate:
        input:
            code=code("demonstrate", "valleys"),
        output:
            softmax=table("softmax.csv", "report/theory.rst"),
            relu=table("relu.csv", "report/theory.rst"),
            theory=table("theory.csv", "report/theory.rst"),
        log:
            paths.log("demonstrate", "all"),
        benchmark:
            paths.benchmark("demonstrate", "all")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            mem_mb=sizes.SMALL,
            runtime=sizes.LEAST,
        params:
            stage=STUDY.config["theory"],
        script:
            "scripts/demonstrate.py"

    rule draw_theory:
        input:
            softmax=rules.demonstrate.output.softmax,
            relu=rules.demonstrate.output.relu,
            code=code("draw_theory", "valleys"),
        output:
            figures_of("theory", "report/theory.rst"),
        log:
            paths.log("draw_theory", "all"),
        benchmark:
            paths.benchmark("draw_theory", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_theory.py"
