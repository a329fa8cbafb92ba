"""How long jobs take: where the numbers come from, and what the whole of them takes."""

import pytest

from prospect.study import plan
from prospect.study.plan import Job


def write(folder, name, *seconds):
    path = folder / name
    path.write_text("s\th:m:s\n" + "".join(f"{value}\t0:00:00\n" for value in seconds))
    return str(path)


def test_a_table_is_read(tmp_path):
    assert plan.timed(write(tmp_path, "one.tsv", 2.5)) == 2.5
    assert plan.timed(write(tmp_path, "repeated.tsv", 2.5, 3.5)) == 6


@pytest.mark.parametrize("text", ["", "s\n", "h:m:s\n0:00:01\n", "s\nNA\n"])
def test_a_table_that_says_nothing_is_none(tmp_path, text):
    (tmp_path / "broken.tsv").write_text(text)
    assert plan.timed(str(tmp_path / "broken.tsv")) is None


def test_no_table_is_none(tmp_path):
    assert plan.timed(None) is None
    assert plan.timed(str(tmp_path / "absent.tsv")) is None


def test_an_earlier_run_says_most_then_the_rule_then_the_guess(tmp_path):
    jobs = {
        1: Job("train", write(tmp_path, "1.tsv", 8.0), guess=4.0),
        2: Job("train", str(tmp_path / "2.tsv"), guess=10.0),
        3: Job("draw"),
        4: Job("mine", guess=7.0),
        5: Job("other"),
    }
    others = [Job("draw", write(tmp_path, f"draw{s}.tsv", s)) for s in (1.0, 3.0, 50.0)]
    assert plan.estimate(jobs, others) == {
        1: (8.0, plan.TIMED),
        2: (20.0, plan.ALIKE),  # the other one took twice its guess
        3: (3.0, plan.ALIKE),
        4: (7.0, plan.GUESSED),
        5: (plan.START, plan.UNKNOWN),
    }


def one_core(*after, **more):
    needs = {"_cores": 1, **more}
    return Job("rule", needs=tuple(needs.items()), after=frozenset(after))


SECONDS = {1: 4.0, 2: 3.0, 3: 2.0}
FREE, CHAIN = one_core(), {1: one_core(), 2: one_core(1), 3: one_core(2)}


@pytest.mark.parametrize(
    ("jobs", "have", "total"),
    [
        ({}, {"_cores": 1}, 0),
        ({1: FREE, 2: FREE, 3: FREE}, {"_cores": 1}, 9),
        ({1: FREE, 2: FREE, 3: FREE}, {"_cores": 2}, 5),
        ({1: FREE, 2: FREE, 3: FREE}, {"_cores": 3}, 4),
        ({1: FREE, 2: FREE, 3: FREE}, {}, 4),
        (CHAIN, {"_cores": 3}, 9),
        ({1: FREE, 2: FREE, 3: one_core(1, 2)}, {"_cores": 3}, 6),
        ({1: FREE, 2: one_core(99), 3: one_core(1)}, {"_cores": 3}, 6),
        ({1: one_core(gpu=1), 2: one_core(gpu=1), 3: FREE}, {"_cores": 3, "gpu": 1}, 7),
    ],
    ids=["none", "one", "two", "three", "unlimited", "chain", "both", "done before", "gpu"],
)
def test_the_whole_waits_for_cores_and_for_earlier_jobs(jobs, have, total):
    assert plan.duration(jobs, SECONDS, have) == total


def test_what_runs_already_does_not_wait():
    jobs, seconds = dict.fromkeys((1, 2, 3), FREE), {1: 4.0, 2: 4.0, 3: 6.0}
    assert plan.duration(jobs, seconds, {"_cores": 2}) == 10
    assert plan.duration(jobs, seconds, {"_cores": 2}, running={3}) == 8


def progress(*expected, cores=1):
    expected = dict(enumerate(expected))
    return plan.Progress(dict.fromkeys(expected, FREE), expected, {"_cores": cores}, now=100.0)


def test_the_time_left_falls_as_a_job_runs():
    it = progress(10.0, 10.0)
    assert it.left(100.0) == 20
    it.start(0, 100.0)
    assert it.left(104.0) == 16


def test_the_time_left_goes_by_how_the_finished_jobs_went():
    slow, fast = progress(40.0, 40.0), progress(40.0, 40.0)
    for it, took in ((slow, 120.0), (fast, 10.0)):
        it.start(0, 100.0)
        assert it.finish(0, 100.0 + took) == took
        assert (it.done, it.total) == (1, 2)
    assert 80 < slow.left(220.0) < 120
    assert 10 < fast.left(110.0) < 40


def test_what_waited_in_a_queue_took_as_long_as_its_table_says(tmp_path):
    table = tmp_path / "table.tsv"
    table.write_text("s\th:m:s\n12.5\t0:00:12\n")
    it = plan.Progress({0: plan.Job("rule", str(table))}, {0: 10.0}, {}, now=100.0)
    it.start(0, 100.0)
    assert it.finish(0, 400.0) == 12.5


def test_one_odd_short_job_does_not_upset_the_time_left():
    it = progress(1.0, 100.0)
    it.start(0, 100.0)
    it.finish(0, 105.0)
    assert 100 < it.left(105.0) < 125


def test_a_job_that_takes_longer_than_expected_has_time_left():
    it = progress(10.0)
    it.start(0, 100.0)
    assert it.left(150.0) == 5


def test_after_a_failure_only_the_running_jobs_count():
    it = progress(10.0, 30.0, 500.0, cores=2)
    it.start(0, 100.0)
    it.start(1, 100.0)
    assert it.fail(0, 104.0, halt=True) == 4
    assert it.left(104.0) == 26


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"), (4.12, "4.1 s"), (9.96, "10 s"), (99, "99 s"), (110, "2 min"),
        (5940, "99 min"), (7800, "2 h 10 min"), (3 * 24 * 3600, "3 days"),
    ],
)  # fmt: skip
def test_a_time_in_words(seconds, words):
    assert plan.span(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(7.4, "0:07"), (59.7, "1:00"), (92, "1:32"), (3723, "1:02:03")]
)
def test_a_time_as_a_clock_says_it(seconds, words):
    assert plan.clock(seconds) == words


def test_the_summary_says_where_the_numbers_come_from():
    timed, guessed = plan.Estimate(2.0, plan.TIMED), plan.Estimate(3.0, plan.GUESSED)
    assert plan.summary({1: timed}, 2.0, "on 1 core") == (
        "1 job, about 2.0 s on 1 core (timed by earlier runs)"
    )
    assert plan.summary({1: guessed, 2: timed, 3: timed}, 300.0, "on 2 cores") == (
        "3 jobs, about 5 min on 2 cores (timed by earlier runs: 2; guessed from sizes: 1)"
    )


def test_a_job_that_may_not_fit_is_named_with_what_helps():
    jobs = [Job("a", name="x", needs=(("mem_mb", 900),)), Job("b", name="y", needs=())]
    assert plan.too_large(jobs, 1000) is None
    jobs += [Job("mine_pattern", name="vgg seed0", needs=(("cores", 1), ("mem_mb", 40_000)))]
    said = plan.too_large(jobs, 24_000)
    assert said.startswith("mine_pattern vgg seed0 may take 40 GB of memory, this machine has 24;")
    assert "evaluation.batch" in said


def test_the_table_has_the_longest_rule_first():
    jobs = {1: Job("train"), 2: Job("evaluate_surface"), 3: Job("evaluate_surface")}
    estimates = {key: plan.Estimate(seconds, plan.TIMED) for key, seconds in SECONDS.items()}
    assert [line.split() for line in plan.table(jobs, estimates).splitlines()] == [
        ["rule", "jobs", "each", "together"],
        ["evaluate_surface", "2", "2.5", "s", "5.0", "s"],
        ["train", "1", "4.0", "s", "4.0", "s"],
    ]
