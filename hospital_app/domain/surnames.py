"""姓氏读音：how a character is read when it is a surname."""

# Where that is not its first dictionary reading.
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "朴": "piao", "任": "ren",
    "区": "ou", "华": "hua", "盖": "ge", "乐": "yue", "员": "yun", "尉": "wei", "缪": "miao", "覃": "qin",
    "种": "chong", "召": "shao", "冼": "xian", "翟": "zhai", "折": "she", "宓": "mi", "郇": "xun",
    "繁": "po", "黑": "he", "盛": "sheng", "葛": "ge", "宁": "ning", "秘": "bi", "逄": "pang", "瞿": "qu",
    "隗": "wei", "晁": "chao", "佴": "nai", "哈": "ha", "那": "na", "纪": "ji", "万": "wan", "谌": "chen",
    "车": "che", "石": "shi", "沈": "shen", "洗": "xian", "卜": "bu", "牟": "mu", "祭": "zhai",
}  # fmt: skip

# 复姓, always read as a whole.
COMPOUND_SURNAMES = {
    "欧阳": "ouyang", "司马": "sima", "上官": "shangguan", "诸葛": "zhuge", "尉迟": "yuchi",
    "长孙": "zhangsun", "皇甫": "huangfu", "令狐": "linghu", "宇文": "yuwen", "慕容": "murong",
    "东方": "dongfang", "独孤": "dugu", "澹台": "tantai", "万俟": "moqi", "单于": "chanyu",
    "公孙": "gongsun", "夏侯": "xiahou", "南宫": "nangong", "闻人": "wenren", "司徒": "situ",
    "端木": "duanmu", "申屠": "shentu", "西门": "ximen", "司空": "sikong",
}  # fmt: skip
