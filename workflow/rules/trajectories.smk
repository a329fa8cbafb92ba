"""Trajectories: training runs over surfaces, their distance from the plane, and the true loss."""

if STUDY.config["trajectories"]:

    rule measure_trajectories:
        input:
            unpack(of_job(trajectories.inputs)),
            code=code("measure_trajectories"),
        output:
            checkpoints=paths.TRAJECTORY.replace("{table}", "checkpoints"),
            runs=paths.TRAJECTORY.replace("{table}", "runs"),
        log:
            paths.log("measure_trajectories", "{network}-seed{seed}-{surface}"),
        benchmark:
            paths.benchmark("measure_trajectories", "{network}-seed{seed}-{surface}")
        conda:
            "../../envs/prospect.yaml"
        threads: 1
        resources:
            **asked(of_job(sizes.trajectory_seconds)),
        params:
            stage=of_job(trajectories.params),
        script:
            "../scripts/measure_trajectories.py"

    rule join_trajectories:
        input:
            checkpoints=trajectories.tables(STUDY, "checkpoints"),
            runs=trajectories.tables(STUDY, "runs"),
            code=code("join_trajectories"),
        output:
            checkpoints=table("trajectories.csv", "../report/trajectories.rst"),
            runs=table("runs.csv", "../report/trajectories.rst"),
        log:
            paths.log("join_trajectories", "all"),
        benchmark:
            paths.benchmark("join_trajectories", "all")
        localrule: True
        conda:
            "../../envs/prospect.yaml"
        script:
            "../scripts/join_trajectories.py"

    rule draw_trajectories:
        input:
            tables=rules.join_trajectories.output,
            surfaces=trajectories.surfaces(STUDY),
            code=code("draw_trajectories"),
        output:
            figure(
                trajectories.figures(STUDY),
                "trajectories",
                "../report/trajectories.rst",
            ),
        log:
            paths.log("draw_trajectories", "all"),
        benchmark:
            paths.benchmark("draw_trajectories", "all")
        localrule: True
        conda:
            "../../envs/prospect.yaml"
        params:
            style=stages.figure_params(STUDY),
        script:
            "../scripts/draw_trajectories.py"
