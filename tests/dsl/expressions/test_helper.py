from httptask.dsl.expressions.helper import MOST_PROGRAMS, Programs


def test_keeps_the_programs_used_last() -> None:
    compiled: list[str] = []

    def compile_program(text: str) -> str:
        compiled.append(text)
        return text

    programs = Programs(compile_program)
    for number in range(MOST_PROGRAMS):
        programs.get(b"%d" % number)
    programs.get(b"0")
    programs.get(b"one more")
    programs.get(b"0")
    assert compiled[-1] == "one more"
    programs.get(b"1")
    assert compiled[-1] == "1"
