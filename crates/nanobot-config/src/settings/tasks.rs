//! What settings call the tasks of models: the short words, and the keys of the original's routes.

use nanobot_core::model::ModelTask;

/// The keys of the original's routes, and the tasks that they mean.
pub const RECORDED_TASKS: [(&str, ModelTask); 6] = [
    ("assistant.reply", ModelTask::Reply),
    ("vision.describe_image", ModelTask::Describe),
    ("asr.transcribe_audio", ModelTask::Transcribe),
    ("tts.speak", ModelTask::Speak),
    ("memory.embed", ModelTask::Embed),
    ("memory.capture.extract", ModelTask::Extract),
];

/// The task that a key means: `reply`, or `assistant.reply` as the original's routes have it, without a network.
pub fn task_named(key: &str) -> Option<ModelTask> {
    let recorded = || RECORDED_TASKS.iter().find(|(known, _)| *known == key).map(|(_, task)| *task);
    ModelTask::named(key).or_else(recorded)
}

/// The short words, for a message.
pub(crate) fn short_names() -> String {
    ModelTask::ALL.map(ModelTask::name).join(", ")
}

/// All keys that [`task_named`] knows, for a message.
pub(crate) fn all_names() -> String {
    format!("{}, {}", short_names(), RECORDED_TASKS.map(|(key, _)| key).join(", "))
}
