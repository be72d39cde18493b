"""The page of those who wait: no framework, 8 KiB with its script and its sheet, works while the rest is full."""

from markupsafe import Markup

from hospital_app.catalogue import say
from hospital_app.container import container

FRAME = Markup("""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/styles.css">
<link rel="stylesheet" href="/lobby.css">
<link rel="icon" href="/icon.svg">
<script src="/lobby.js" defer></script>
<noscript><meta http-equiv="refresh" content="5;url={next}"></noscript>
</head>
<body class="lobby" data-next="{next}">
<main>
<p class="muted" data-en="{hospital_en}">{hospital}</p>
<h1 data-en="{title_en}">{title}</h1>
<section class="lobby-card" aria-describedby="kept">
<p class="lobby-label" data-en="{ahead_en}">{ahead}</p>
<p class="lobby-number" id="ahead">…</p>
<p id="wait" class="lobby-wait" data-zh="{wait}" data-en="{wait_en}" data-zh-minutes="{minutes}"
 data-en-minutes="{minutes_en}"></p>
<div class="lobby-bar" aria-hidden="true"><i id="bar"></i></div>
</section>
<p id="release" class="lobby-release" hidden data-zh="{release}" data-en="{release_en}"></p>
<p id="told" class="sr" role="status" aria-live="polite" data-zh="{told}" data-en="{told_en}"></p>
<ul class="lobby-notes" id="kept">
<li data-en="{kept_en}">{kept}</li>
<li data-en="{away_en}">{away}</li>
<li data-en="{other_en}">{other}</li>
</ul>
<p id="lost" class="lobby-lost" role="alert" hidden data-en="{lost_en}">{lost}</p>
<p class="lobby-links"><a class="text-link" href="/appointments" data-en="{mine_en}">{mine}</a>
<a class="text-link" href="tel:{phone}" data-en="{call_en}">{call}</a></p>
</main>
</body>
</html>
""")
SENTENCES = {
    "title": "正在排队进入预约",
    "ahead": "您前面还有（人）",
    "wait": "约 {seconds} 秒",
    "minutes": "约 {minutes} 分钟",
    "release": "今天 {time} 放号，还有 {left}",
    "told": "您前面还有 {ahead} 人，{wait}",
    "kept": "请不要关闭页面。轮到您时会自动进入，不用刷新。",
    "away": "刷新或短时离开，位置都会保留。",
    "other": "按到达的先后顺序进入，先到先得。",
    "lost": "连接断开了，正在重新连接；您的位置还在。",
    "mine": "查看我的挂号",
    "call": "打电话预约",
}


def drawn(next_page: str) -> str:
    """Chinese with the English beside it: which one a reader wants is kept in the browser, not here."""
    settings = container().settings
    return FRAME.format(
        **SENTENCES,
        **{f"{name}_en": say(sentence, "en") for name, sentence in SENTENCES.items()},
        hospital=settings.hospital_name,
        hospital_en=say(settings.hospital_name, "en"),
        phone=settings.hospital_phone,
        next=inner(next_page),
    )


def inner(page: str) -> str:
    """A page of ours; anything else means home."""
    ours = page.startswith("/") and not page.startswith(("//", "/\\", "/lobby")) and page.isprintable()
    return page[:300] if ours else "/"
