"""The Hessian, analysed at some centers of a model."""

if STUDY.config["hessian"]:

    rule analyse_hessian:
        input:
            unpack(of_job(stages.hessian_inputs)),
            code=code("analyse_hessian"),
        output:
            **{
                center: paths.HESSIAN.replace("{center}", center)
                for center in STUDY.config["hessian"]["centers"]
            },
        log:
            paths.log("analyse_hessian"),
        benchmark:
            paths.benchmark("analyse_hessian")
        group:
            together(of_job(sizes.hessian_seconds))
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(sizes.hessian_seconds), sizes.hessian_memory),
        params:
            stage=of_job(stages.hessian_params),
        script:
            "../scripts/analyse_hessian.py"
