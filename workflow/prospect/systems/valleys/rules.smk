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
                gpu=gpu(),
                seconds=of_job(VALLEYS.asymmetry_seconds),
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
            findings=table("asymmetry.txt", "report/asymmetry_findings.rst"),
        log:
            paths.log("join_asymmetry", "all"),
        benchmark:
            paths.benchmark("join_asymmetry", "all")
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
            figure(
                [f"valleys/{name}" for name in valleys.FIGURES["asymmetry"]],
                "valleys",
                "report/asymmetry.rst",
            ),
        log:
            paths.log("draw_asymmetry", "all"),
        benchmark:
            paths.benchmark("draw_asymmetry", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_asymmetry.py"


# the stages that train networks of their own: a job a network, its tables, and a figure
for section, stage_name in {
    "variations": "vary_training",
    "fusion": "fuse_networks",
    "batches": "compare_batches",
    "averages": "average_weights",
}.items():
    if not VALLEYS.has(section):
        continue

    for network in VALLEYS.networks(section):

        rule:
            name:
                f"{stage_name}_{network}"
            input:
                code=code(stage_name, "valleys"),
            output:
                [
                    valleys.OF_NETWORK.replace("{network}", network).replace(
                        "{table}", name
                    )
                    for name in valleys.TABLES[section]
                ],
            log:
                paths.log(stage_name, network),
            benchmark:
                paths.benchmark(stage_name, network)
            conda:
                "../../../../envs/prospect.yaml"
            threads: 1
            resources:
                gpu=gpu(),
            params:
                stage=VALLEYS.network_params(section, network),
            script:
                f"scripts/{stage_name}.py"

    rule:
        name:
            f"join_{section}"
        input:
            **{
                name.replace("-", "_"): VALLEYS.files_of(section, name)
                for name in valleys.TABLES[section]
            },
            code=code(f"join_{section}", "valleys"),
        output:
            [table(name, f"report/{section}.rst") for name in valleys.RESULTS[section]],
        log:
            paths.log(f"join_{section}", "all"),
        benchmark:
            paths.benchmark(f"join_{section}", "all")
        conda:
            "../../../../envs/prospect.yaml"
        script:
            f"scripts/join_{section}.py"

    rule:
        name:
            f"draw_{section}"
        input:
            tables=[paths.TABLE.replace("{table}", n) for n in valleys.RESULTS[section]],
            code=code(f"draw_{section}", "valleys"),
        output:
            figure(
                [f"valleys/{name}" for name in valleys.FIGURES[section]],
                "valleys",
                f"report/{section}.rst",
            ),
        log:
            paths.log(f"draw_{section}", "all"),
        benchmark:
            paths.benchmark(f"draw_{section}", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            f"scripts/draw_{section}.py"


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
                gpu=gpu(),
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
            figure(
                [f"valleys/{name}" for name in valleys.FIGURES["federated"]],
                "valleys",
                "report/federated.rst",
            ),
        log:
            paths.log("draw_federated", "all"),
        benchmark:
            paths.benchmark("draw_federated", "all")
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
            figure(["valleys/theory"], "valleys", "report/theory.rst"),
        log:
            paths.log("draw_theory", "all"),
        benchmark:
            paths.benchmark("draw_theory", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "scripts/draw_theory.py"
