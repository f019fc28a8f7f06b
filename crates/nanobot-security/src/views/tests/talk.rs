//! What people say has nothing to decode: a reading of it that reads like something else would be our invention.

use super::super::{Strength, views};

const TALK: &[&str] = &[
    "Hey, are we still on for lunch tomorrow? I'm thinking 12:30, table for 4. Don't be late!",
    "Can you bring 2kg of apples, 3 beers and the mp3 player? It's in room 15b, 1st floor, 5 minutes from here.",
    "My phone is +44 20 7946 0958, call after 5pm or mail anna.smith@example.com (v1.2.3 is out).",
    "See https://example.com/path/to/page?id=12345&lang=de for the 2024 report, 100% free.",
    "Können wir uns um 18:30 treffen? Ich bringe 3kg Äpfel mit, die Straße ist gesperrt. 20 Uhr geht auch.",
    "On se voit demain à 8h30 ? J'ai réservé pour 2 personnes, ça coûte 15€ l'entrée.",
    "¿Quedamos mañana a las 10? Traigo 3 cervezas y 2 pizzas, ¡qué ilusión!",
    "Ci vediamo alle 20:00 in via Roma 15? L'autobus è in ritardo di 10min, dell'acqua costa 1€.",
    "Vamos jantar às 19h30? São 4 pessoas, não esqueça o pão.",
    "Zullen we morgen om 9:15 koffie drinken? Ik neem 2 broodjes mee.",
    "Spotkajmy się jutro o 17:00, będzie około 20zł. Źle się czuję, ale przyjdę.",
    "Привет! Встретимся в 18:30 у метро? У нас 2 билета, а у Оли есть ещё один. Оса ест сок.",
    "Зустрінемось о 19:00 біля річки? Їжу принесу я, є ще 3 яблука.",
    "Καλημέρα! Τα λέμε στις 20:30 στην πλατεία, θα είμαστε 4 άτομα.",
    "Yarın saat 10'da görüşelim mi? Işıl da gelecek, 2kg elma alırım.",
    "明天下午3点见面吗？我带两瓶水和5个苹果。",
    "明日の15時に駅で会いましょう。りんごを3個持って行きます。",
    "내일 오후 3시에 만날까요? 사과 2개 가져갈게요.",
    "هل نلتقي غدا الساعة 5 مساء؟ سأحضر 3 تفاحات معي.",
    "नमस्ते! कल शाम 5 बजे मिलते हैं, मैं 2 किलो सेब लाऊँगा।",
    "נפגש מחר ב-18:30? אני אביא 3 תפוחים.",
    "Hẹn gặp bạn lúc 9 giờ sáng mai nhé, mình mang 2 chai nước.",
    "Sejdeme se zítra v 17:00? Přinesu 2 kg jablek, řekni Jiřímu.",
    "Ses imorgon kl 18? Jag köper 3 öl och räkor på vägen.",
    "I walked 5kilometers in 3hours, paid 7euros and read https://example.com/a_b?x=1 on the way.",
    "The commit 9f86d081884c7d659a2feaa0c55ad015 is fine with width=20, so is JavaScript or eBay.",
    "Barev, վաղը հանդիպենք ժամը 5-ին? Ես կբերեմ 3 խնձոր։",
];

#[test]
fn talk_in_many_languages_has_nothing_to_decode() {
    for text in TALK {
        for view in views(text) {
            assert_ne!(view.strength, Strength::Decoded, "{text}: {view:?}");
            assert!(!["leet", "spaced", "unpadded", "numbered"].contains(&view.name), "{text}: {view:?}");
        }
    }
}

#[test]
fn talk_has_few_readings() {
    for text in TALK {
        let strong = views(text).iter().filter(|view| view.strength < Strength::Weak).count();
        assert!(strong <= 5, "{text}: {:#?}", views(text));
    }
}

#[test]
fn talk_in_other_scripts_stays_in_its_letters() {
    for text in TALK.iter().filter(|text| !text.chars().any(|ch| ch.is_ascii_alphabetic())) {
        let views = views(text);
        assert!(
            views.iter().all(|view| !view.text.chars().any(|ch| ch.is_ascii_alphabetic())),
            "{text}: {views:#?}"
        );
    }
}
