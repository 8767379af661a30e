//! The pages of profiles and of their rules.

use std::fmt::Write as _;

use super::{Rule, Weight, find, find_rule};

/// The page of the profile `name`, in Markdown.
pub fn page(name: &str) -> Option<String> {
    let profile = find(name)?;
    let mut page = format!("# Profile {name}\n\n{}\n\n{}", profile.title, profile.page);
    let _ = write!(page, "\n- source: <{}>\n", profile.source);
    if let Some(request) = &profile.request {
        let _ = write!(
            page,
            "\n## The request\n\nUnless the command line says otherwise:\n\n```text\n{}\n",
            request.method
        );
        for (name, value) in &request.headers {
            let _ = writeln!(page, "{name}: {value}");
        }
        if let Some(body) = &request.body {
            let _ = write!(page, "\n{}\n", body.trim_end());
        }
        page.push_str("```\n");
    }
    if !profile.rules.is_empty() {
        page.push_str("\n## What is judged besides the checks of the standard\n\n| rule | level | |\n|---|---|---|\n");
        for rule in &profile.rules {
            let _ = writeln!(page, "| `{}` | {} | {} |", rule.id, rule.level, rule.says);
        }
    }
    if !profile.levels.is_empty() {
        page.push_str("\n## What weighs more or less than usual\n\n| check | |\n|---|---|\n");
        for (check, weight) in &profile.levels {
            let _ = writeln!(page, "| `{check}` | {} |", told(*weight));
        }
    }
    if let Some(seconds) = profile.longest_silence {
        let _ = write!(
            page,
            "\nA stream may be silent for {seconds} s before `srv/keepalive` says so.\n"
        );
    }
    for rule in &profile.rules {
        let _ = write!(page, "\n## {}\n\n{}", rule.id, body(rule));
    }
    Some(page)
}

/// The page of the rule `id`, in Markdown.
pub fn rule_page(id: &str) -> Option<String> {
    let (profile, rule) = find_rule(id)?;
    Some(format!(
        "# {id}\n\nA rule of the profile `{}`.\n\n{}",
        profile.name,
        body(rule)
    ))
}

fn body(rule: &Rule) -> String {
    let fixture = sse_fixtures::corpus()
        .iter()
        .find(|fixture| fixture.check == rule.id)
        .map(|fixture| {
            format!(
                "\n`fixtures/{}.fixture`\n\n```text\n{}```\n",
                fixture.id,
                fixture.to_text()
            )
        });
    format!(
        "{}\n\n{}\n\n{}\n\n- server: {}\n- source: <{}>\n{}",
        rule.says,
        rule.why,
        rule.fix,
        rule.level,
        rule.anchor,
        fixture.unwrap_or_default()
    )
}

const fn told(weight: Weight) -> &'static str {
    match weight {
        Weight::Must => "MUST",
        Weight::Should => "SHOULD",
        Weight::Advice => "advice",
        Weight::Note => "a note, never a failure",
        Weight::Off => "not made",
    }
}
