"""What set-up runs on macOS has bash 3.2 and BSD's tools there: nothing that they do not know may stand in it."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from project import ROOT, Case

SCRIPTS = "setup lib.sh chapter lab new-chapter kernel/go kernel/gopls".split()

# What bash 3.2 and BSD's tools do not know, or take otherwise.
UNKNOWN = {
    r"\b(mapfile|readarray|coproc)\b": "bash 4",
    r"\b(declare|local|typeset) -[a-zA-Z]*[Anglu]": "bash 4",
    r"\$\{!?\w+(\[[^]]*\])?(,,?|\^\^?)": "bash 4",
    r"\$\{\w+@[A-Za-z]\}": "bash 4.4",
    r"\$\{?(BASHPID|EPOCH\w+|SRANDOM)\b": "bash 4 and 5",
    r"\bwait -[np]|\|&|&>>|;;?&|\bexec \{\w+\}|\[\[? -v |%\(.*\)T|\bglobstar\b|\$\{\w+\[-\d": "bash 4",
    r"\bread [^|;]*-[a-z]*[iN]\b": "bash 4",
    r"\bsed\b[^|;]* (-[a-z]*i|-i|--)": "GNU's sed, or another -i",
    r"\bsed\b.*\\[bsSwW<>+?|]": "GNU's sed",
    r"\bgrep\b[^|;]* -[a-zA-Z]*P": "GNU's grep",
    r"\bfind\b[^|;]* -(printf|readable|regextype|executable)\b|\bfind -": "GNU's find",
    r"\b(readlink|realpath)\b[^|;]* --?[a-z]|\bstat\b|\bdate\b[^|;]*(%N| -d|--)": "GNU's",
    r"\b(cp|mv|ln|rm|mkdir|touch|chmod|sort|head|tail|cut|tr|wc|cat)\b( -\w+)* --[a-z]": "a long option",
    r"\b(mv|cp|ln)\b [^|;]*-[a-zA-Z]*[Ttu]\b|\bhead\b -[nc] -|\bxargs\b[^|;]* -[a-zA-Z]*[rd]\b": "GNU's",
    r"\b(tac|nproc|timeout|setsid|shuf|free|md5sum|sha1sum|numfmt|truncate|ldd|ionice)\b": "not on macOS",
}
# These are not on macOS either: each has another way beside it.
BESIDE = {
    "sha256sum": r"sha256sum 2>/dev/null \|\| shasum -a 256",
    "flock": r"command -v flock >/dev/null",
    "setpriv": r"command -v setpriv >/dev/null && ",
    "getent": r"getent .* 2>/dev/null .*\|\| true",
    "apt-get": r"command -v apt-get >/dev/null \|\| return",
}


def code(name: str) -> list[str]:
    """The lines of a script, without comments."""
    lines = (ROOT / "scripts" / name).read_text().splitlines()
    return [re.sub(r"(^|\s)#(?!.*[}\"']).*", "", line) for line in lines]


class PortableTest(Case):
    def test_no_script_needs_gnu_or_bash_4(self) -> None:
        for name in SCRIPTS:
            for number, line in enumerate(code(name), 1):
                # A sentence for people may name anything.
                if re.match(r"\s*(say|die|echo) ", line) or line.startswith(("  --", "Sets", "Makes")):
                    continue
                for pattern, what in UNKNOWN.items():
                    self.assertNotRegex(line, pattern, f"{name}:{number}: {what}")

    def test_what_macos_lacks_has_another_way(self) -> None:
        for program, other in BESIDE.items():
            using = [name for name in SCRIPTS if re.search(rf"(?m)^[^#]*\b{program} ", "\n".join(code(name)))]
            self.assertTrue(using, f"{program} is not needed any more")
            for name in using:
                self.assertRegex("\n".join(code(name)), other, name)

    def test_an_array_that_may_be_empty(self) -> None:
        """Before bash 4.4, one that is empty counts as not set."""
        for name in SCRIPTS:
            text = "\n".join(code(name))
            empty = set(re.findall(r"\b(\w+)=\(\)", text))
            for array in empty:
                bare = re.findall(rf'(?<!\+)"\$\{{{array}\[@\]\}}"', text)
                guarded = re.search(rf"\$\{{#{array}\[@\]\}} != 0|\$\{{#{array}\[@\]\}} = 0", text)
                if bare and not guarded:
                    self.fail(f'{name}: ${{{array}[@]+"${{{array}[@]}}"}} stands for an array that may be empty')

    def test_go_code_holds_on_macos(self) -> None:
        """The types of all but what stands on XLA, which needs a C compiler for macOS: scripts/ports has one."""
        env = {"GOOS": "darwin", "GOARCH": "arm64", "CGO_ENABLED": "0", "GOWORK": "off"}
        dependencies = "{{.ImportPath}}{{range .Deps}} {{.}}{{end}}"
        listed = self.call("go", "list", "-f", dependencies, "./...", cwd=ROOT, status=0, env=env).stdout
        lines = map(str.split, listed.splitlines())
        in_c = {"github.com/gomlx/go-xla/pjrt", "github.com/d2l-go/book/d2l/internal/kernels"}
        packages = [line[0] for line in lines if not in_c & set(line)]
        self.assertIn("github.com/d2l-go/book/scripts/kernel/cells", packages)
        self.assertIn("github.com/d2l-go/book/scripts/plugin", packages)
        typecheck = self.folder / "typecheck"
        self.call("go", "build", "-buildvcs=false", "-gcflags=all=-dwarf=false",  # as set-up builds gopls
                  "-o", typecheck, "./typecheck", cwd=ROOT / "scripts/tools", status=0)
        done = self.call(typecheck, *packages, cwd=ROOT, status=0, env=env)
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
