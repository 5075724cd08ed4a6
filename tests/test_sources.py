"""What the sources never do: run what others wrote. No code from YAML, no pickle, no shell, no archive unpacked.

One line runs a text: that of a plug-in, which its user has named or allowed.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    str(p.relative_to(ROOT)) for package in ("gan_core", "ablations") for p in (ROOT / package).rglob("*.py")
)
CALLS = {  # what is called, by the end of its name -> why it is never
    "eval": "runs a text",
    "exec": "runs a text",
    "compile": "makes a program of a text",
    "__import__": "takes a module by a text",
    "os.system": "a shell",
    "os.popen": "a shell",
    "subprocess.getoutput": "a shell",
    "subprocess.getstatusoutput": "a shell",
    "pickle.load": "runs what the file says",
    "pickle.loads": "runs what the file says",
    "joblib.load": "runs what the file says",
    "marshal.loads": "runs what the file says",
    "shelve.open": "runs what the file says",
    "yaml.unsafe_load": "runs what the file says",
    "extractall": "writes wherever the archive says",
    "unpack_archive": "writes wherever the archive says",
    "tempfile.mktemp": "a name that another may take first",
}
PLUGINS = "gan_core/plugins/load.py"
MAY_LOAD = {  # who may have a text run that is no file named just now -> why
    PLUGINS: "it is where it happens",
    "gan_core/plugins/permission.py": "it asks whether the text was named or allowed on this machine",
    "gan_core/workers/unattended.py": "its parent, which has loaded the text, sent it with the job",
    "ablations/execution/floors.py": "its parent, which has loaded the text, sent it",
    "ablations/execution/estimate.py": "its parent, which has loaded the text, sent it",
    "ablations/executors/elsewhere/supplies.py": "its parent, which has loaded the text, sent it with the job",
}
MODULES = ("cloudpickle", "dill", "marshal", "shelve", "joblib")


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def argument(call: ast.Call, name: str) -> object:
    """The constant that a call gives by this keyword; None without one."""
    value = next((word.value for word in call.keywords if word.arg == name), None)
    return value.value if isinstance(value, ast.Constant) else None


def wrong(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found += [f"{node.lineno}: imports {name}" for name in names if name.partition(".")[0] in MODULES]
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node.func)
        end = name.rpartition(".")[2]
        if argument(node, "filter") == "data":  # of an archive, whose members then stay in the folder
            continue
        for bad, why in CALLS.items():
            if name == bad or ("." not in bad and end == bad and end in ("extractall", "unpack_archive")):
                found.append(f"{node.lineno}: {name}: {why}")
        if argument(node, "shell") is True:
            found.append(f"{node.lineno}: {name}: a shell")
        pickled = argument(node, "allow_pickle")
        if pickled is True or (name == "np.load" and pickled is not False):
            found.append(f"{node.lineno}: {name}: allow_pickle=False is missing")
        if name == "torch.load" and argument(node, "weights_only") is not True:
            found.append(f"{node.lineno}: {name}: weights_only=True is missing")
        if end == "YAML" and argument(node, "typ") not in ("safe", "rt"):
            found.append(f"{node.lineno}: {name}: another reader than the safe one")
    return found


@pytest.mark.parametrize("file", FILES)
def test_nothing_runs_what_others_wrote(file: str) -> None:
    found = wrong(ast.parse((ROOT / file).read_text(encoding="utf-8")))
    if file == PLUGINS:
        places = {what.partition(":")[0] for what in found}
        assert [what.partition(": ")[2] for what in found] == [
            "exec: runs a text",
            "compile: makes a program of a text",
        ]
        assert len(places) == 1
        return
    assert found == []


def test_only_those_who_ask_have_a_kept_text_run() -> None:
    callers = set()
    for file in FILES:
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name_of(node.func).rpartition(".")[2] in ("load_source", "load_sources"):
                callers.add(file)
    assert callers == set(MAY_LOAD)


@pytest.mark.parametrize(
    "line",
    [
        "eval(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(text, shell=True)",
        "os.system(text)",
        "pickle.loads(content)",
        "tar.extractall(folder)",
        "YAML(typ='unsafe')",
        "import dill",
    ],
)
def test_it_would_be_seen(line: str) -> None:
    assert len(wrong(ast.parse(line))) == 1
