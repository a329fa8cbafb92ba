"""Directions: the cheap ones of a model, made together."""

if STUDY.made:

    rule make_directions:
        input:
            unpack(of_job(stages.direction_inputs)),
            code=code("make_directions"),
        output:
            **{
                f"{center}/{name}": paths.DIRECTION.replace(
                    "{center}", center
                ).replace("{direction}", name)
                for center, name in STUDY.made
            },
        log:
            paths.log("make_directions"),
        benchmark:
            paths.benchmark("make_directions")
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            gpu=gpu(),
        params:
            stage=of_job(stages.direction_params),
        script:
            "../scripts/make_directions.py"
