"""Directions: the cheap ones of a model, made together; a rule a network, as each has its own."""

for network in filter(STUDY.made, STUDY.networks):

    rule:
        name:
            f"make_directions_{network}"
        input:
            unpack(of_job(stages.direction_inputs)),
            code=code("make_directions"),
        output:
            **{
                f"{center}/{name}": paths.DIRECTION.replace(
                    "{center}", center
                ).replace("{direction}", name)
                for center, name in STUDY.made(network)
            },
        log:
            paths.log("make_directions"),
        benchmark:
            paths.benchmark("make_directions")
        wildcard_constraints:
            network=re.escape(network),
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
