"""What screens may show of a person: 张*丽, 138****5678, 110***********002X."""


def mask_name(name: str) -> str:
    """First and last character of a name; of two characters only the first."""
    name = name.strip()
    if len(name) <= 1:
        return name
    if len(name) == 2:
        return f"{name[0]}*"
    return f"{name[0]}{'*' * min(len(name) - 2, 2)}{name[-1]}"


def mask_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "*" * len(phone)


def mask_id_number(number: str) -> str:
    """First three and last four of a resident ID; last four of anything else that is long enough."""
    if len(number) == 18:
        return f"{number[:3]}{'*' * 11}{number[-4:]}"
    return f"{'*' * (len(number) - 4)}{number[-4:]}" if len(number) > 6 else "*" * len(number)


def without_numbers(words: str) -> str:
    """What somebody typed may repeat a number: none is left that is long enough to be a person's."""
    masked, run = [], ""
    for sign in f"{words} ":
        if sign.isalnum() and sign.isascii():
            run += sign
            continue
        masked.append(mask_id_number(run) if len(run) >= 6 and any(map(str.isdecimal, run)) else run)
        masked.append(sign)
        run = ""
    return "".join(masked).strip()


#: 性传播疾病、精神科（含临床心理）: being called there by name says too much in a waiting room.
NAMELESS_DEPARTMENTS = ("13.02", "15")


def shows_names(department_code: str) -> bool:
    """Whether a call screen may show names of this department's patients, masked; else numbers only."""
    return not any(department_code == code or department_code.startswith(f"{code}.") for code in NAMELESS_DEPARTMENTS)
