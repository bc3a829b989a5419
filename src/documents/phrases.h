/*
 * The words of documents themselves (headings, states, units of time), in the languages of their readers.
 * What parties wrote is never translated.
 */
#ifndef ENTENTE_DOCUMENTS_PHRASES_H
#define ENTENTE_DOCUMENTS_PHRASES_H

#include "documents/buffer.h"

enum phrase_language { IN_ENGLISH, IN_KOREAN, IN_JAPANESE, IN_ARABIC, PHRASE_LANGUAGES };

/* X(NAME, English, Korean, Japanese, Arabic) */
#define PHRASES(X)                                                                                 \
    X(MINUTES, "Minutes", "회의록", "議事録", "محضر")                                             \
    X(ALL_MINUTES, "Minutes of all sessions", "전체 회의록", "全会合の議事録",                      \
        "محاضر جميع الجلسات")                                                                     \
    X(BRIEF, "Hand-over brief", "인수인계서", "引継書", "مذكرة تسليم")                             \
    X(SESSION, "Session", "회의", "会合", "الجلسة")                                               \
    X(SESSIONS, "Sessions", "회의", "会合", "الجلسات")                                            \
    X(STATUS, "Status", "상태", "状況", "الحالة")                                                 \
    X(CALLED, "called", "소집됨", "招集", "مدعو إليها")                                           \
    X(OPEN, "open", "진행 중", "開会中", "مفتوحة")                                                \
    X(SUSPENDED, "suspended", "정회", "休憩中", "معلقة")                                          \
    X(CLOSED, "closed", "폐회", "閉会", "مغلقة")                                                  \
    X(BEGINS, "Begins", "시작", "開始予定", "تبدأ")                                               \
    X(ENDS, "Ends", "종료", "終了予定", "تنتهي")                                                  \
    X(CALLED_BY, "Called by", "소집", "招集者", "دعا إليها")                                      \
    X(CHAIR, "Chair", "의장", "議長", "الرئاسة")                                                  \
    X(CHAIR_ORDER, "Order of the chair", "의장 순서", "議長の順序", "ترتيب الرئاسة")              \
    X(CHAIR_STEPS, "Course of the session", "회의 경과", "会合の経過", "سير الجلسة")              \
    X(TOOK_CHAIR, "took the chair", "의장직을 맡음", "議長に就いた", "تولى الرئاسة")              \
    X(OPENED, "opened the session", "개회", "開会を宣言", "افتتح الجلسة")                         \
    X(SUSPENDED_IT, "suspended the session", "정회 선언", "休憩を宣言", "علّق الجلسة")            \
    X(RESUMED_IT, "resumed the session", "속개", "再開を宣言", "استأنف الجلسة")                   \
    X(CLOSED_IT, "closed the session", "폐회", "閉会を宣言", "أغلق الجلسة")                       \
    X(CALLED_ITEM, "called item", "안건 상정", "議題に入る", "طرح البند")                         \
    X(ADMITTED, "admitted", "참석 승인", "入室を認める", "سمح بالدخول")                           \
    X(ATTENDANCE, "Attendance", "참석자", "出席者", "الحضور")                                     \
    X(NAME, "Name", "이름", "氏名", "الاسم")                                                      \
    X(OFFICE, "Office", "직책", "職", "المنصب")                                                   \
    X(PARTY, "Party", "당사자", "当事者", "الطرف")                                                \
    X(PRESENT, "Present", "참석 시간", "出席時間", "وقت الحضور")                                  \
    X(BY, "By", "방식", "方法", "الوسيلة")                                                        \
    X(IN_ROOM, "in\u00a0the\u00a0room", "현장", "対面", "في\u00a0القاعة")                                        \
    X(BY_VIDEO, "by\u00a0video", "화상", "ビデオ", "عبر\u00a0الفيديو")                                      \
    X(BY_TELEPHONE, "by\u00a0telephone", "전화", "電話", "هاتفيا")                                     \
    X(INVITED, "Invited, and not present", "초청되었으나 불참", "招待されたが欠席",                \
        "مدعوون لم يحضروا")                                                                       \
    X(AGENDA, "Agenda", "의제", "議題", "جدول الأعمال")                                           \
    X(OWNER, "Owner", "담당", "担当", "المسؤول")                                                  \
    X(TIME_BOX, "Time", "배정 시간", "時間", "الوقت")                                             \
    X(MINUTE, "min", "분", "分", "دقيقة")                                                         \
    X(PAPERS, "Papers", "자료", "資料", "الأوراق")                                                \
    X(STATEMENTS, "Statements", "발언", "発言", "البيانات")                                       \
    X(FILE, "File", "파일", "ファイル", "ملف")                                                    \
    X(CONCLUSION, "Conclusion", "결론", "結論", "الخلاصة")                                        \
    X(CONCLUSIONS, "Conclusions", "결론", "結論", "الخلاصات")                                     \
    X(LATE, "arrived after the close", "폐회 후 도착", "閉会後に到着", "وصل بعد الإغلاق")         \
    X(VOID, "does not count", "무효", "無効", "لا يعتد به")                                       \
    X(UNREADABLE, "cannot be read here", "여기서 읽을 수 없음", "ここでは読めない",                \
        "لا يمكن قراءته هنا")                                                                     \
    X(HELD_BY_ALL, "held by all", "모든 당사자 보유", "全当事者が保持", "محفوظ لدى الجميع")       \
    X(HELD_BY, "held by", "보유", "保持", "محفوظ لدى")                                            \
    X(NOTHING, "None.", "없음.", "なし。", "لا شيء.")                                             \
    X(FROM_RECORD, "Drawn from the record of this consultation. Times are those that the writers claim.", \
        "이 협의의 기록에서 작성함. 시각은 작성자가 밝힌 것임.",                                    \
        "この協議の記録から作成。時刻は記入者の申告による。",                                       \
        "أُعدّ من سجل هذه المشاورات. الأوقات كما ذكرها أصحابها.")                                  \
    X(RECORD, "Record", "기록", "記録", "السجل")                                                  \
    X(DRAWN, "Drawn", "작성", "作成", "أُعدّ")                                                    \
    X(CONTENTS, "Contents", "차례", "目次", "المحتويات")                                          \
    X(CHARTER, "Charter", "헌장", "憲章", "الميثاق")                                              \
    X(OFFICES, "Offices, and who acts", "직책과 직무 수행자", "職と職務執行者",                     \
        "المناصب ومن يتولاها")                                                                    \
    X(ACTING, "Acting holder", "직무 수행자", "職務執行者", "القائم بالمنصب")                            \
    X(ASSUMED, "as a deputy, for the time being", "권한 대행", "職務代行", "بالإنابة")            \
    X(LINE, "Line of succession", "승계 순서", "継承順位", "تسلسل الخلافة")                       \
    X(AWAY, "away", "부재", "不在", "غائب")                                                       \
    X(SINCE, "Since", "이후", "以来", "منذ")                                                      \
    X(AGREED, "Texts in force", "발효된 문서", "発効した文書", "النصوص النافذة")                   \
    X(PROPOSALS, "Open proposals", "미결 제안", "未決の提案", "المقترحات المفتوحة")                \
    X(PROPOSED_BY, "Proposed", "제안", "提案", "مقترح من")                                          \
    X(TRANSLATION, "translation", "번역", "翻訳", "ترجمة")                                        \
    X(SIGNED, "Signed", "서명", "署名済み", "وقّع")                                               \
    X(NOT_SIGNED, "Not signed", "미서명", "未署名", "لم يوقّع")                                   \
    X(WITHDRAWN_BY, "Withdrawn by", "철회", "撤回", "سحبه")                                       \
    X(BRACKETS, "Brackets still open", "미합의 부분", "未合意の箇所", "الأقواس المفتوحة")          \
    X(COMPLETE, "signed by all, not yet ratified by all", "전원 서명, 비준 대기",                  \
        "全員署名、批准待ち", "وقّعه الجميع ولم يصدّقوا عليه بعد")                                \
    X(LANGUAGES, "Languages", "언어", "言語", "اللغات")                                           \
    X(JOINT_TEXT, "Joint text", "공동 문서", "共同文書", "نص مشترك")                              \
    X(CHARTER_CHANGE, "Change of the charter", "헌장 변경", "憲章の変更", "تعديل الميثاق")         \
    X(SUCCESSOR, "Successor room", "후속 협의체", "後継の協議", "مشاورات خلف")                     \
    X(READOUT, "Readout", "발표문", "発表文", "بيان صحفي")                                        \
    X(CORRECTION, "Correction", "정정", "訂正", "تصحيح")                                          \
    X(JOINT_OFFICE, "Joint office", "공동 직책", "共同の職", "منصب مشترك")                        \
    X(OTHER_ACT, "Act", "행위", "行為", "إجراء")                                                  \
    X(GIVEN, "Commitments given", "이행할 약속", "自らの約束", "التعهدات المقدمة")                 \
    X(RECEIVED, "Commitments received", "받을 약속", "受ける約束", "التعهدات المتلقاة")            \
    X(OTHERS, "Commitments between others", "다른 당사자 간 약속", "他者間の約束",                  \
        "تعهدات بين الآخرين")                                                                     \
    X(WHAT, "What", "내용", "内容", "الموضوع")                                                    \
    X(GIVER, "Giver", "제공자", "提供者", "المقدّم")                                              \
    X(RECEIVERS, "Receivers", "수령자", "受領者", "المتلقون")                                     \
    X(PLEDGED, "Pledged", "약속", "約束", "المتعهد به")                                           \
    X(DELIVERED, "Delivered", "이행", "履行", "المسلّم")                                          \
    X(CONFIRMED, "Confirmed", "확인", "確認", "المؤكد")                                           \
    X(DISPUTED, "Disputed", "이의", "異議", "المتنازع عليه")                                      \
    X(DUE, "Due", "기한", "期限", "الأجل")                                                        \
    X(WITHDRAWN, "withdrawn", "철회됨", "撤回", "مسحوب")                                          \
    X(DIALOGUES, "Dialogues", "대화", "対話", "الحوارات")                                         \
    X(CHANNEL, "Channel", "통로", "経路", "القناة")                                               \
    X(PROPOSED, "proposed", "제안됨", "提案", "مقترح")                                            \
    X(IS_OPEN, "open", "진행 중", "進行中", "جارٍ")                                               \
    X(BROKEN_OFF, "broken off", "중단됨", "中断", "مقطوع")                                        \
    X(RESUMED, "resumed", "재개됨", "再開", "مستأنف")                                             \
    X(IS_CLOSED, "closed", "종결됨", "終結", "منتهٍ")                                             \
    X(LAST_CHECK, "Last check of the channel", "최근 통로 점검", "最近の経路確認",                  \
        "آخر فحص للقناة")                                                                         \
    X(ANSWERED, "answered", "응답", "応答あり", "أُجيب")                                          \
    X(SILENT, "silence", "무응답", "応答なし", "صمت")                                             \
    X(REFUSED, "refused", "거부", "拒否", "رُفض")                                                 \
    X(ROUNDS, "Rounds", "회담", "会談", "الجولات")                                                \
    X(UNDER_WAY, "under way", "진행 중", "進行中", "جارية")                                       \
    X(ROUND_DONE, "agreed", "합의", "合意", "اتُّفق")                                             \
    X(ADJOURNED, "adjourned", "휴회", "延会", "مؤجلة")                                            \
    X(FAILED, "failed", "결렬", "不調", "فشلت")                                                   \
    X(COLLAPSED, "collapsed", "파탄", "決裂", "انهارت")                                           \
    X(POSITIONS, "Positions", "입장", "立場", "المواقف")                                          \
    X(CHANGED, "What changed since", "변경 사항 (기준일)", "変更点（基準日）", "ما تغيّر منذ")      \
    X(WAITS, "What waits for this office", "이 직책의 현안", "この職を待つもの",                    \
        "ما ينتظر هذا المنصب")                                                                    \
    X(SIGN_THIS, "Sign or decline", "서명 또는 거절", "署名または拒否", "التوقيع أو الرفض")        \
    X(DELIVER_THIS, "Deliver", "이행", "履行", "التسليم")                                         \
    X(CONFIRM_THIS, "Confirm or dispute a delivery", "이행 확인 또는 이의", "履行の確認または異議", \
        "تأكيد التسليم أو الاعتراض عليه")                                                         \
    X(ANSWER_WITHDRAWAL, "Answer a withdrawal", "철회에 대한 답변", "撤回への回答",                 \
        "الرد على سحب ورقة")                                                                      \
    X(STATE_POSITION, "State a position", "입장 표명", "立場の表明", "إعلان موقف")                 \
    X(NEW_OFFICE, "Change of an office", "직책 변동", "職の異動", "تغيير في منصب")                 \
    X(PUBLISHED, "Published by", "공표", "公表", "نشره")                                      \
    X(EMBARGO, "Embargo until", "엠바고", "解禁", "محظور النشر حتى")

enum phrase {
#define X(name, english, korean, japanese, arabic) SAY_##name,
    PHRASES(X)
#undef X
        PHRASE_COUNT
};

/* By the first subtag of a BCP 47 tag; English for any other, and for NULL. */
enum phrase_language phrase_language_of(const char *tag);
const char *phrase_language_tag(enum phrase_language language);
const char *phrase(enum phrase_language language, enum phrase say);

/* Whether what is written in the language of a tag runs from right to left. */
bool tag_is_right_to_left(struct bytes tag);

/* "13 November 2020, 09:00 UTC", as the language has it. */
void phrase_put_time(struct document *document, enum phrase_language language, uint64_t t_ms);
/* The date alone. */
void phrase_put_date(struct document *document, enum phrase_language language, uint64_t t_ms);
/* "09:00" */
void phrase_put_clock(struct document *document, uint64_t t_ms);

#endif
