"""Spin glass: walks, permutations, solutions and ruggedness (arXiv:2407.20724).

stage                files under results/{study}
measure_{section}    {network}/{table}.csv, the tables of one network; what has shards, by several jobs
join_{section}       the study's tables of it, with the controls that need no network
draw_{section}       figures/spinglass/{figure}.pdf and .png

The sections are those of ``system.py``: overlaps, walks, permutations, widths, solutions,
ruggedness, threshold. The name of a script is a parameter, as what stands in its place is read when
a job runs, after the loop.
"""

from prospect.systems.spinglass import system as spinglass

SPINGLASS = SYSTEMS["spinglass"]

for section in filter(SPINGLASS.has, SPINGLASS.sections):

    if section in spinglass.SHARED:

        rule:
            name:
                f"measure_{section}_shard"
            input:
                code=code(f"measure_{section}", "spinglass"),
            output:
                temp(spinglass.SHARD.replace("{section}", section)),
            log:
                paths.log(f"measure_{section}_shard", "{network}-{shard}"),
            benchmark:
                paths.benchmark(f"measure_{section}_shard", "{network}-{shard}")
            conda:
                "../../../../envs/prospect.yaml"
            threads: 1
            resources:
                **asked(of_job(partial(SPINGLASS.shard_seconds, section))),
            params:
                script=f"measure_{section}",
                shards=of_job(partial(SPINGLASS.shards, section)),
                stage=of_job(partial(SPINGLASS.params, section)),
            script:
                "scripts/{params.script}.py"

    rule:
        name:
            f"measure_{section}"
        input:
            unpack(of_job(partial(SPINGLASS.shard_files, section))),
            code=code(f"measure_{section}", "spinglass"),
        output:
            [
                spinglass.OF_NETWORK.replace("{table}", name)
                for name in spinglass.TABLES[section]
            ],
        log:
            paths.log(f"measure_{section}", "{network}"),
        benchmark:
            paths.benchmark(f"measure_{section}", "{network}")
        conda:
            "../../../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(partial(SPINGLASS.shard_seconds, section))),
        params:
            script=f"measure_{section}",
            stage=of_job(partial(SPINGLASS.params, section)),
        script:
            "scripts/{params.script}.py"

    rule:
        name:
            f"join_{section}"
        input:
            **SPINGLASS.files_of(section),
            code=code(f"join_{section}", "spinglass"),
        output:
            [
                table(name, f"report/{section}.rst")
                for name in spinglass.RESULTS[section]
            ],
        log:
            paths.log(f"join_{section}", "all"),
        benchmark:
            paths.benchmark(f"join_{section}", "all")
        conda:
            "../../../../envs/prospect.yaml"
        params:
            script=f"join_{section}",
            stage=SPINGLASS.join_params(section),
        script:
            "scripts/{params.script}.py"

    rule:
        name:
            f"draw_{section}"
        input:
            **SPINGLASS.files_of(section),
            results=SPINGLASS.results_of(section),
            code=code(f"draw_{section}", "spinglass"),
        output:
            figure(
                [f"spinglass/{name}" for name in spinglass.FIGURES[section]],
                "spinglass",
                f"report/{section}.rst",
            ),
        log:
            paths.log(f"draw_{section}", "all"),
        benchmark:
            paths.benchmark(f"draw_{section}", "all")
        localrule: True
        conda:
            "../../../../envs/prospect.yaml"
        params:
            script=f"draw_{section}",
            style=stages.figure_params(STUDY),
        script:
            "scripts/{params.script}.py"
