"""Directions: the cheap ones of a model, made together; a rule a network, as each has its own.

Seeds whose surfaces differ have a rule of their own.
"""

for network in STUDY.networks:
    for made, seeds in STUDY.made_alike(network).items():

        rule:
            name:
                "_".join(
                    ["make_directions", network]
                    + [f"seed{seed}" for seed in seeds if seeds != STUDY.seeds]
                )
            input:
                unpack(of_job(stages.direction_inputs)),
                code=code("make_directions"),
            output:
                **{
                    f"{center}/{name}": paths.DIRECTION.replace(
                        "{center}", center
                    ).replace("{direction}", name)
                    for center, name in made
                },
            log:
                paths.log("make_directions"),
            benchmark:
                paths.benchmark("make_directions")
            wildcard_constraints:
                network=re.escape(network),
                seed="|".join(map(str, seeds)),
            group:
                together(of_job(sizes.direction_seconds))
            conda:
                "../../envs/prospect.yaml"
            threads: 1
            resources:
                **asked(of_job(sizes.direction_seconds)),
            params:
                stage=stages.direction_params(STUDY, network),
            script:
                "../scripts/make_directions.py"
