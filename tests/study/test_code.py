"""Files that a script depends on: packages, the user's own, and what is none."""

import pytest

from prospect.base.errors import ProspectError
from prospect.study.code import files_of

FILES = {
    "lib/a/__init__.py": '"""Only a text."""\n',
    "lib/a/one.py": "from a.two import x\n",
    "lib/a/two.py": "import a.deep\nfrom typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n    import a.types\nx = 1\n",
    "lib/a/types.py": "y = 1\n",
    "lib/a/lonely.py": "z = 1\n",
    "lib/a/deep/__init__.py": "from .inner import w\n",
    "lib/a/deep/inner.py": "from ..late import v\nw = 1\n",
    "lib/a/late.py": "def f():\n    import a.lazy\nv = 1\n",
    "lib/a/lazy.py": "u = 1\n",
    "lib/prospect/base/plugins.py": "t = 1\n",
    "root/mine/__init__.py": "__version__ = '1'\n",
    "root/mine/nets.py": "from mine import parts\nfrom mine.data import clouds\n",
    "root/mine/parts.py": "import numpy\n",
    "root/mine/data.py": "clouds = 1\n",
    "script.py": "from a import one\nimport numpy\n",
    "loads.py": "from prospect.base import plugins\n",
}


def found(tmp_path, script, own=()):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    files = files_of(tmp_path / script, [tmp_path / "lib", tmp_path / "root"], own)
    return [str(path.relative_to(tmp_path)) for path in files]


def test_imports_are_followed_through_packages_and_into_functions(tmp_path):
    wanted = ["one", "two", "deep/__init__", "deep/inner", "late", "lazy"]
    assert found(tmp_path, "script.py") == sorted(f"lib/a/{name}.py" for name in wanted)


def test_the_users_packages_count_where_a_script_can_load_them(tmp_path):
    assert found(tmp_path, "script.py", ["mine.nets"]) == found(tmp_path, "script.py")
    wanted = ["lib/prospect/base/plugins.py", "root/mine/data.py", "root/mine/nets.py"]
    wanted += ["root/mine/parts.py"]
    assert found(tmp_path, "loads.py", ["mine.nets", "elsewhere"]) == wanted


@pytest.mark.parametrize("text", ["def f(:\n", "x = '\0'\n", "x = '\xff'\n".encode("latin-1")])
def test_a_file_of_the_users_that_is_no_python_is_one_line(text, tmp_path):
    file = tmp_path / "own.py"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "loads.py").write_text(FILES["loads.py"])
    (tmp_path / "prospect/base").mkdir(parents=True)
    (tmp_path / "prospect/base/plugins.py").write_text("")
    with pytest.raises(ProspectError, match=r"own\.py.*: not Python: "):
        files_of(tmp_path / "loads.py", [tmp_path], ["own"])
