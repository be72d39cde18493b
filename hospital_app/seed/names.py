"""Names of people who do not exist: common ones mostly, some of two characters, some rare."""

from random import Random

_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马胡朱郭何罗高林郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏"
    "魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵"
    "万钱严覃武戴莫孔向汤"
)
_RARE = ("单", "仇", "解", "查", "区", "乐", "冼", "缪", "欧阳", "上官", "司徒", "尉迟", "诸葛", "令狐", "盖", "逄")
_MALE = "伟强磊军洋勇杰涛明超刚平辉鹏飞波斌宇浩凯健俊帆旭龙林建国志文海东振家兴思成永泽瑞昊睿博子轩铭嘉德荣"
_FEMALE = "芳娜敏静丽艳娟霞秀英玲燕萍红梅琳洁雪慧颖莹婷倩欣怡佳雨桐梓涵诗语若彤晓云兰淑珍桂凤蓉菲璐瑶岚馨"
_OLD_MALE = "建国志强国庆永福德贵金生长水玉林树根"
_OLD_FEMALE = "秀英桂兰玉珍淑芬凤英秀兰素珍桂英玉兰"


def surname(chance: Random) -> str:
    """Common ones by far the most often; one in forty is rare or double."""
    if chance.random() < 0.025:
        return chance.choice(_RARE)
    return _SURNAMES[min(int(chance.expovariate(1 / 24)), len(_SURNAMES) - 1)]


def given(chance: Random, *, gender: str, born: int) -> str:
    """A given name that fits gender and year of birth."""
    if born < 1960 and chance.random() < 0.6:
        pairs = _OLD_MALE if gender == "male" else _OLD_FEMALE
        start = 2 * chance.randrange(len(pairs) // 2)
        return pairs[start : start + 2]
    letters = _MALE if gender == "male" else _FEMALE
    first = chance.choice(letters)
    if chance.random() < 0.25:
        return first
    second = chance.choice(letters)
    return first + second if second != first or chance.random() < 0.3 else first + letters[0]
