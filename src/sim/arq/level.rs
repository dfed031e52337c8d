//! Levels: a link with something wrong, a protocol that fails on it, and what it takes. `assets/levels/arq.toml` has them.
//!
//! A set is *smallest* if it passes and no set passes that is weaker by one step: a mechanism less, a bit less, a smaller
//! window, the next simpler kind. Mechanisms that the level has fixed stay as they are.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{
    judge::{Goal, SEEDS, Trial},
    mechanisms::{Mechanism, Mechanisms},
};
use crate::sim::{Micros, Run, Told, Transport, text::RunError, units::as_time_or_none};

/// The levels' text.
const FILE: &str = include_str!("../../../assets/levels/arq.toml");

/// A level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Its name in files and links: `lost`.
    pub name: String,
    /// Its title.
    pub title: Told,
    /// What is wrong with the link.
    pub link: Told,
    /// What is asked before anything is run.
    pub question: Told,
    /// What there is to understand, once it is solved.
    pub explanation: Told,
    /// The set to begin with, which fails.
    pub start: Mechanisms,
    /// Mechanisms that cannot be changed here: the other end has them so.
    pub fixed: Vec<Mechanism>,
    /// Smallest sets that pass; the first one is what is taught.
    pub solutions: Vec<Mechanisms>,
    /// Sets that look as if they might do, and do not.
    pub tempting: Vec<Mechanisms>,
    /// The link or links, the messages and the goal.
    pub trial: Trial,
}

/// What a set is worth in a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It fails: here is a seed.
    Fails(super::judge::Failure),
    /// It passes, but so does this weaker one.
    TooMuch(Mechanisms),
    /// It passes, and nothing weaker by a step does.
    Smallest,
}

/// What is wrong with the text of levels.
#[derive(Debug, thiserror::Error)]
pub enum LevelError {
    /// It is not TOML, or a field is not as it has to be.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// The run of a level is not one.
    #[error("level {level}: {error}")]
    Run {
        /// Which.
        level: String,
        /// Why.
        error: RunError,
    },
    /// Something else.
    #[error("level {level}: {problem}")]
    Other {
        /// Which.
        level: String,
        /// What.
        problem: &'static str,
    },
}

/// The levels, in the order in which they are taught.
pub fn levels() -> &'static [Level] {
    // A test reads them; a program whose own levels cannot be read has none.
    static LEVELS: LazyLock<Vec<Level>> = LazyLock::new(|| parse(FILE).unwrap_or_default());
    &LEVELS
}

/// Reads levels.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str) -> Result<Vec<Level>, LevelError> {
    let file: File = toml::from_str(text)?;
    file.level.into_iter().map(Written::into_level).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    level: Vec<Written>,
}

/// A level as it is typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    title: Told,
    link: Told,
    question: Told,
    explanation: Told,
    #[serde(default)]
    start: Mechanisms,
    #[serde(default)]
    fixed: Vec<Mechanism>,
    solution: Vec<Mechanisms>,
    #[serde(default)]
    tempting: Vec<Mechanisms>,
    #[serde(default)]
    goal: WrittenGoal,
    /// In the form of [`Run::parse`], one for each link; with `within` beside it, which goes before that of the goal.
    run: Vec<toml::Table>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenGoal {
    may_miss: bool,
    knows_end: bool,
    #[serde(with = "as_time_or_none")]
    within: Option<Micros>,
    wasted: Option<u64>,
}

#[derive(Deserialize)]
struct Within {
    #[serde(with = "as_time_or_none")]
    within: Option<Micros>,
}

impl Written {
    fn into_level(self) -> Result<Level, LevelError> {
        let name = self.name;
        let other = |problem| LevelError::Other { level: name.clone(), problem };
        let WrittenGoal { may_miss, knows_end, within, wasted } = self.goal;
        let goal = Goal { may_miss, knows_end, within, wasted };
        let mut runs = Vec::new();
        for mut table in self.run {
            let mut goal = goal;
            if let Some(within) = table.remove("within") {
                let Within { within } = toml::Table::from_iter([("within".into(), within)]).try_into()?;
                goal.within = within;
            }
            let run = Run::parse(&table.to_string());
            let run = run.map_err(|error| LevelError::Run { level: name.clone(), error })?;
            runs.push((run.over(Transport::Arq), goal));
        }
        let (first, _) = runs.first().ok_or_else(|| other("it has no run"))?;
        if runs.iter().any(|(run, _)| run.workload != first.workload) {
            return Err(other("its runs do not send the same"));
        }
        let messages = first.workload.messages().into();
        Ok(Level {
            title: self.title,
            link: self.link,
            question: self.question,
            explanation: self.explanation,
            start: self.start,
            fixed: self.fixed,
            solutions: self.solution,
            tempting: self.tempting,
            trial: Trial::new(runs, messages),
            name,
        })
    }
}

impl Level {
    /// A level by its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        levels().iter().find(|level| level.name == name)
    }

    /// Puts back what the level has fixed.
    #[must_use]
    pub fn within_rules(&self, mut set: Mechanisms) -> Mechanisms {
        for mechanism in &self.fixed {
            match mechanism {
                Mechanism::Checksum => set.checksum = self.start.checksum,
                Mechanism::Numbers => set.bits = self.start.bits,
                Mechanism::Acks => set.acks = self.start.acks,
                Mechanism::Timeout => set.timeout = self.start.timeout,
                Mechanism::Window => set.window = self.start.window,
                Mechanism::Duplicates => set.duplicates = self.start.duplicates,
                Mechanism::End => set.end = self.start.end,
            }
        }
        set
    }

    /// The sets that are weaker by one step, and those without one mechanism.
    pub fn weaker(&self, set: &Mechanisms) -> Vec<Mechanisms> {
        let open = Mechanism::ALL.into_iter().filter(|mechanism| !self.fixed.contains(mechanism));
        let mut weaker: Vec<_> = open
            .flat_map(|mechanism| set.weaker(mechanism).into_iter().chain([set.without(mechanism)]))
            .filter(|weaker| weaker != set)
            .collect();
        weaker.sort();
        weaker.dedup();
        weaker
    }

    /// What a set is worth here, on all the seeds.
    pub fn worth(&self, set: &Mechanisms) -> Worth {
        if let Some(failure) = self.trial.first_failure(set, SEEDS) {
            return Worth::Fails(failure);
        }
        let mut weaker = self.weaker(set).into_iter();
        weaker.find(|set| self.trial.first_failure(set, SEEDS).is_none()).map_or(Worth::Smallest, Worth::TooMuch)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::text::Charset;

    fn all() -> Vec<Level> {
        parse(FILE).unwrap()
    }

    /// What a set came to, for a message.
    fn shown(level: &Level, set: &Mechanisms) -> String {
        let judgement = level.trial.judge(set, SEEDS);
        format!("{} with {set:?}: {judgement:?}", level.name)
    }

    #[test]
    fn each_begins_with_a_run_that_fails() {
        for level in all() {
            assert!(level.trial.first_failure(&level.start, SEEDS).is_some(), "{}", shown(&level, &level.start));
            for set in &level.tempting {
                assert!(level.trial.first_failure(set, SEEDS).is_some(), "{}", shown(&level, set));
            }
        }
    }

    #[test]
    fn each_solution_passes_and_is_the_smallest() {
        for level in all() {
            assert!(!level.solutions.is_empty());
            for set in &level.solutions {
                assert_eq!(level.within_rules(*set), *set, "{}", level.name);
                assert_eq!(level.trial.judge(set, SEEDS).passed, SEEDS, "{}", shown(&level, set));
                let open = Mechanism::ALL.into_iter().filter(|it| !level.fixed.contains(it) && set.has(*it));
                for mechanism in open {
                    let less = set.without(mechanism);
                    assert!(level.trial.first_failure(&less, SEEDS).is_some(), "{}", shown(&level, &less));
                }
                match level.worth(set) {
                    Worth::Smallest => {}
                    Worth::TooMuch(weaker) => panic!("passes too: {}", shown(&level, &weaker)),
                    Worth::Fails(failure) => panic!("{failure:?}"),
                }
            }
        }
    }

    /// Not only by a step: whatever is weaker in any way fails.
    #[test]
    fn nothing_weaker_passes() {
        for level in all() {
            let mut open: Vec<_> = level.solutions.iter().flat_map(|set| level.weaker(set)).collect();
            let mut seen = BTreeSet::new();
            while let Some(set) = open.pop() {
                if seen.insert(set) {
                    assert!(level.trial.first_failure(&set, SEEDS).is_some(), "{}", shown(&level, &set));
                    open.extend(level.weaker(&set));
                }
            }
        }
    }

    #[test]
    fn each_is_told_in_both_languages() {
        let levels = all();
        assert!(levels.len() >= 10);
        let names: BTreeSet<_> = levels.iter().map(|level| level.name.as_str()).collect();
        assert_eq!(names.len(), levels.len(), "two have one name");
        for level in &levels {
            for said in [&level.title, &level.link, &level.question, &level.explanation] {
                assert!(!said.en.trim().is_empty(), "{}", level.name);
                assert!(said.zh_cn.chars().any(|it| ('\u{4E00}'..='\u{9FFF}').contains(&it)), "{}", said.zh_cn);
            }
        }
        assert!(super::levels() == levels);
    }

    #[test]
    fn the_sum_passes_milk_as_a_cow() {
        let level = Level::named("swapped").unwrap();
        let failure = level.trial.first_failure(&level.start, SEEDS).unwrap();
        let log = level.trial.play(&level.start, failure.seed);
        let texts: Vec<_> = log.reads(crate::sim::Side::Server).map(|read| Charset::GBK.decode(read.bytes)).collect();
        let wrong = ["好你", "奶牛", "事故", "蜂蜜", "海上", "王国"];
        assert!(texts.iter().any(|text| wrong.contains(&text.as_str())), "{texts:?}");
    }

    #[test]
    fn what_is_wrong_with_a_level_is_said() {
        let said = |name: &str| format!("{name} = {{ en = \"a\", zh-CN = \"一\" }}\n");
        let head = ["title", "link", "question", "explanation"].map(said).concat();
        let level = |rest: &str| format!("[[level]]\nname = \"x\"\n{head}solution = [{{}}]\n{rest}");
        let error = |rest: &str| parse(&level(rest)).unwrap_err().to_string();
        assert!(parse(&level("[[level.run]]\nseed = 1\n")).is_ok());
        assert_eq!(error("run = []"), "level x: it has no run");
        let loss = error("run = [{ link = { loss = \"200%\" } }]");
        assert!(loss.starts_with("level x: line 2, link.loss: "), "{loss}");
        assert!(error("start = { sums = 1 }\nrun = [{}]").contains("unknown field `sums`"));
        assert!(error("run = [{ within = 4 }]").contains('4'));
    }
}
