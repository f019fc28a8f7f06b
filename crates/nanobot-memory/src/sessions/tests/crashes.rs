//! Crashes at any byte, power failures, and others who write into the same file: each line stands in it once and in
//! order at the end, and no byte of others is gone.

use std::io::Write;

use super::*;

/// What happens to the session `a:b`.
#[derive(Debug, Clone)]
enum Event {
    /// A turn closes with so many lines; its place is known, or not.
    Close(usize, bool),
    /// Everything that waits is written.
    Place,
    /// The process dies when so many rows, and so much of the next one, have been written.
    Die(usize, usize),
    /// The machine dies: what the disk did not have yet is gone, all or a part of it.
    PowerFails(usize),
    /// Everything that is written is waited for.
    Settle,
    /// First lines are brought up to date.
    Refresh,
    /// Somebody else writes at the end.
    Meddle(&'static str),
}

fn event() -> impl Strategy<Value = Event> {
    let foreign = vec!["<x>\n", "<torn", "\n", "\r", "\r\n", "{", "{\"role\": \"us", HELLO, "\u{0}\u{0}"];
    prop_oneof![
        6 => (1..4_usize, prop::bool::weighted(0.9)).prop_map(|(lines, known)| Event::Close(lines, known)),
        4 => Just(Event::Place),
        5 => (0..4_usize, cut()).prop_map(|(rows, cut)| Event::Die(rows, cut)),
        2 => cut().prop_map(Event::PowerFails),
        2 => Just(Event::Settle),
        2 => Just(Event::Refresh),
        4 => prop::sample::select(foreign).prop_map(Event::Meddle),
    ]
}

/// How much of what was written is lost: often next to nothing, since the end of a line is where care is needed.
fn cut() -> impl Strategy<Value = usize> {
    prop_oneof![0..3_usize, 0..1000_usize]
}

/// A file from before, in one of the two folders; or none.
fn before() -> impl Strategy<Value = Option<(String, bool)>> {
    let owned = "{\"_type\": \"metadata\", \"metadata\": {\"nanobot_key\": \"a:b\"}}";
    let unended = META.trim_end();
    let crlf = format!("{unended}\r\n");
    let heads = vec![
        META.to_owned(),
        unended.to_owned(),
        format!("{owned}\n"),
        owned.to_owned(),
        format!("{owned}\r"),
        crlf,
        format!("\u{feff}{META}"),
        format!("\u{feff}\r\n\n \n{META}"),
        "\u{feff}\n".to_owned(),
        " \n\n".to_owned(),
        String::new(),
    ];
    let bodies = vec!["", HELLO, "\n\r\n", "{\"role\": \"us", "garbage\n{\"a\": 1}\r\n", "[1]\r"];
    let file = (prop::sample::select(heads), prop::sample::select(bodies), any::<bool>());
    prop::option::weighted(0.8, file.prop_map(|(head, body, in_main)| (head + body, in_main)))
}

/// A row of the journal.
struct Row {
    write: SessionWrite,
    /// Where its file ended when it was written.
    written: Option<u64>,
}

/// One session with its journal, as the projector drives them.
struct Life {
    home: Home,
    rows: Vec<Row>,
    /// The words of every line that was ever closed.
    closed: Vec<String>,
    /// What others wrote: where in the body, and what.
    foreign: Vec<(usize, Vec<u8>)>,
    /// How much of the body cannot be lost.
    safe: u64,
}

impl Life {
    async fn begin(before: Option<(String, bool)>) -> Self {
        let home = Home::new();
        if let Some((content, in_main)) = before {
            put(&if in_main { home.main("a_b.jsonl") } else { home.former("a_b.jsonl") }, content, 0);
        }
        let mut life = Self { home, rows: Vec::new(), closed: Vec::new(), foreign: Vec::new(), safe: 0 };
        life.keep_as_foreign(0).await;
        life
    }

    async fn file(&self) -> Option<PathBuf> {
        self.home.sessions.file_of(&key("a:b")).await.unwrap()
    }

    async fn end(&self) -> SessionEnd {
        self.home.sessions.end(&key("a:b")).await.unwrap()
    }

    async fn body(&self) -> Vec<u8> {
        let Some(file) = self.file().await else { return Vec::new() };
        let bytes = fs::read(file).unwrap();
        bytes[bytes.len() - usize::try_from(self.end().await.offset).unwrap()..].to_vec()
    }

    /// Everything in the body from here on is somebody else's.
    async fn keep_as_foreign(&mut self, from: u64) {
        let from = usize::try_from(from).unwrap();
        self.foreign.push((from, self.body().await[from..].to_vec()));
        self.safe = self.end().await.offset;
    }

    async fn close(&mut self, lines: usize, known: bool) {
        let mut append = said("a:b", &vec![""; lines]);
        for line in &mut append.lines {
            line.content = format!("said {}", self.closed.len());
            line.at = now() + Duration::from_micros(self.closed.len() as u64);
            self.closed.push(line.content.clone());
        }
        let last = self.rows.last().map(|row| row.written.unwrap_or(row.write.end()));
        let end = match last {
            _ if !known => SessionEnd::UNKNOWN,
            Some(offset) => SessionEnd { offset, torn: false },
            None => self.end().await,
        };
        let text = self.home.sessions.render(&append).unwrap();
        self.rows.push(Row { write: end.write(append, text), written: None });
    }

    async fn place(&mut self, most: usize) {
        for row in self.rows.iter_mut().filter(|row| row.written.is_none()).take(most) {
            row.written = Some(self.home.sessions.place(&row.write, now()).await.unwrap().end);
        }
    }

    async fn die(&mut self, rows: usize, cut: usize) {
        self.place(rows).await;
        let before = self.file().await.is_some().then_some(self.end().await.offset);
        self.place(1).await;
        // A new file comes to be in one step.
        if let Some(before) = before {
            self.cut_to(before, cut).await;
        }
        self.restart();
    }

    fn restart(&mut self) {
        self.home.restart();
        self.rows.iter_mut().for_each(|row| row.written = None);
    }

    /// Cuts the body somewhere behind `least`.
    async fn cut_to(&self, least: u64, cut: usize) {
        let end = self.end().await.offset;
        let Some(file) = self.file().await.filter(|_| end > least) else { return };
        let lost = cut as u64 % (end - least + 1);
        let file = File::options().write(true).open(file).unwrap();
        file.set_len(file.metadata().unwrap().len() - lost).unwrap();
    }

    async fn settle(&mut self) {
        self.home.sessions.sync(&key("a:b")).await.unwrap();
        self.rows.retain(|row| row.written.is_none());
        self.safe = self.end().await.offset;
    }

    async fn meddle(&mut self, text: &str) {
        let Some(file) = self.file().await else { return };
        let before = self.end().await.offset;
        File::options().append(true).open(file).unwrap().write_all(text.as_bytes()).unwrap();
        self.keep_as_foreign(before).await;
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Close(lines, known) => self.close(lines, known).await,
            Event::Place => self.place(usize::MAX).await,
            Event::Die(rows, cut) => self.die(rows, cut).await,
            Event::PowerFails(cut) => {
                self.cut_to(self.safe, cut).await;
                self.restart();
            }
            Event::Settle => self.settle().await,
            Event::Refresh => self.home.sessions.refresh().await.unwrap(),
            Event::Meddle(text) => self.meddle(text).await,
        }
    }

    async fn assert_whole(&self) {
        let body = self.body().await;
        for (at, bytes) in &self.foreign {
            assert_eq!(&body[*at..*at + bytes.len()], bytes, "no byte of others is gone");
        }
        let history = self.home.sessions.history(&key("a:b"), usize::MAX).await.unwrap();
        let mut said: Vec<String> = history.into_iter().map(|message| message.content).collect();
        said.retain(|text| text.starts_with("said "));
        assert_eq!(said, self.closed, "each line once, in order");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn whatever_dies_and_whoever_meddles_each_line_stands_once(
        before in before(),
        events in prop::collection::vec(event(), 1..16),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut life = Life::begin(before).await;
            for event in events {
                life.happen(event).await;
            }
            for _ in 0..2 {
                life.place(usize::MAX).await;
                life.assert_whole().await;
                life.restart();
            }
            life.place(usize::MAX).await;
            life.settle().await;
            life.happen(Event::Refresh).await;
            life.assert_whole().await;
        });
    }
}
