//! `memory`: long-term memory.

use crate::schema::macros::{choice, section};

section! {
    /// Long-term memory.
    pub struct Memory {
        /// Whether memory is used.
        enabled: bool = true,
        /// Kept for the file's sake; not used.
        mode: MemoryMode = "primary",
        /// The database; relative to the home.
        db_path: String = "~/.nanobot/data/memory/memory.db",
        /// What is remembered.
        capture: Capture,
        /// What is brought back for a turn.
        recall: Recall,
        /// Vectors.
        embedding: Embedding,
        /// Weights of the ranking.
        scoring: Scoring,
        /// Who may see what.
        acl: Acl,
        /// Notes per conversation.
        wal: SessionNotes,
    }
}

section! {
    /// What is remembered.
    pub struct Capture {
        /// Whether anything is.
        enabled: bool = true,
        /// From which networks.
        channels: Vec<String> = ["cli", "telegram", "whatsapp", "discord", "feishu"],
        /// Whether the assistant's own messages count.
        capture_assistant: bool = false,
        /// Messages that may wait.
        queue_maxsize: u32 = 1000,
        /// How candidates are found.
        mode: CaptureMode = "hybrid",
        /// The route to the model that finds candidates.
        extract_route: String = "memory.capture.extract",
        /// Most candidates per message.
        max_candidates_per_message: u32 = 4,
        /// Least confidence of a candidate, 0 to 1.
        min_confidence: f64 = 0.6,
        /// Least salience of a candidate, 0 to 1.
        min_salience: f64 = 0.45,
    }
}

section! {
    /// What is brought back for a turn.
    pub struct Recall {
        /// Most memories.
        max_results: u32 = 8,
        /// Longest block of memories, in characters.
        max_prompt_chars: u32 = 2400,
        /// Most hits by words.
        lexical_limit: u32 = 24,
        /// Most hits by vectors.
        vector_limit: u32 = 24,
        /// Memories whose vectors are compared.
        vector_candidate_limit: u32 = 256,
        /// Whether the block says how each memory was found.
        include_trace: bool = true,
    }
}

section! {
    /// Vectors.
    pub struct Embedding {
        /// Whether memories get vectors.
        enabled: bool = true,
        /// The route to the embedding model.
        route: String = "memory.embed",
    }
}

section! {
    /// Weights of the ranking.
    pub struct Scoring {
        /// Of the words.
        lexical_weight: f64 = 0.45,
        /// Of the vectors.
        vector_weight: f64 = 0.35,
        /// Of the salience.
        salience_weight: f64 = 0.1,
        /// Of the age.
        recency_weight: f64 = 0.1,
    }
}

section! {
    /// Who may see what.
    pub struct Acl {
        /// Whether only the owner sets preferences.
        owner_only_preference: bool = true,
    }
}

section! {
    /// Notes per conversation.
    pub struct SessionNotes {
        /// Whether they are kept.
        enabled: bool = true,
        /// Where, below the workspace.
        state_dir: String = "memory/session-state",
    }
}

choice! {
    /// Kept for the file's sake; not used.
    pub enum MemoryMode {
        /// The only store.
        Primary = "primary",
        /// Beside another store.
        Shadow = "shadow",
    }
}

choice! {
    /// How candidates are found.
    pub enum CaptureMode {
        /// By rules.
        Heuristic = "heuristic",
        /// By a model.
        Llm = "llm",
        /// By both.
        Hybrid = "hybrid",
    }
}
