"""Statements in four languages, and what people type to find them: from a seed, so that every run has the same."""

import random

# Words of consultations: some in every other statement, some in one of a thousand.
WORDS = {
    "ko": "협의 한미일 안보 협력 공백 없이 북한 비핵화 평화 정착 회담 대화 백신 개발 공급 국가안보실장 미국 일본 정부 합의 "
          "공동 성명 정세 평가 교환 외교 노력 한반도 항구적 지속 정권 교체기 화상 회의 대변인 발표 의제 보고 자료 지원",
    "ja": "協議 日米韓 安全保障 協力 空白 なく 北朝鮮 非核化 平和 定着 会談 対話 ワクチン 開発 供給 国家安全保障局長 米国 "
          "韓国 政府 合意 共同 声明 情勢 評価 交換 外交 努力 朝鮮半島 恒久的 継続 政権 移行期 テレビ会議 報道官 発表 議題 について",
    "ar": "مشاورات ثلاثية الأمن القومي تعاون فجوة بدون كوريا الشمالية نزع السلاح النووي سلام دائم محادثات حوار لقاح تطوير "
          "توزيع مستشار الولايات المتحدة اليابان حكومة اتفاق بيان مشترك تقييم تبادل دبلوماسية جهود شبه الجزيرة استمرار إدارة",
    "en": "consultation trilateral national security cooperation gap without north korea denuclearisation lasting peace "
          "talks dialogue vaccine development supply adviser united states japan government agreement joint statement "
          "assessment exchange diplomacy efforts peninsula continuity administration transition spokesperson agenda",
}
SYLLABLES = {
    "ko": "가나다라마바사아자차카타파하고노도로모보소오조초",
    "ja": "山川田中村上下大小高木林森石原野島崎口谷",
    "ar": "بتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "en": "abcdefghijklmnoprstuvwy",
}


def name(random_, language):
    """A word that stands in few statements: a name, a place, a code."""
    return "".join(random_.choice(SYLLABLES[language]) for _ in range(random_.randint(3, 6)))


def statements(count, seed=1):
    """(language, text) of so many statements."""
    random_ = random.Random(seed)
    words = {language: text.split() for language, text in WORDS.items()}
    for _ in range(count):
        language = random_.choice(list(words))
        said = random_.choices(words[language], weights=[1 / (i + 1) for i in range(len(words[language]))],
                               k=random_.randint(5, 25))
        said.insert(random_.randrange(len(said)), name(random_, language))
        yield language, " ".join(said)


def queries(count, seed=2):
    """What people type: one word or some, of one script or two; beginnings; one letter or two; what is nowhere."""
    random_ = random.Random(seed)
    words = {language: text.split() for language, text in WORDS.items()}
    for _ in range(count):
        language, other = random_.sample(list(words), 2)
        word, second = random_.sample(words[language], 2)
        yield random_.choice([
            word, word[:3], word[:2], word[:1], word[1:3] or word, f"{word} {second}", f"{second} {word[:2]}",
            name(random_, language), f"{word} {name(random_, language)}", name(random_, language)[:2],
            word + second, f"{word} {random_.choice(words[other])}",
        ])
