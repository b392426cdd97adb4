//! Days and hours as replies write them: the cloud's calendar is that of China, eight hours ahead of UTC.

use crate::Millis;

/// How far the calendar is ahead of UTC.
const ZONE: Millis = 8 * 3_600_000;
const DAY: Millis = 86_400_000;
/// An hour.
pub const HOUR: Millis = 3_600_000;

/// When the day of a moment began.
pub fn day_start(now: Millis) -> Millis {
    (now + ZONE).div_euclid(DAY) * DAY - ZONE
}

/// A moment as `yyyy-mm-dd hh:mm:ss`.
pub fn written(time: Millis) -> String {
    let local = time + ZONE;
    let (year, month, day) = date(local.div_euclid(DAY));
    let second = local.rem_euclid(DAY) / 1000;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// When the hour `yyyymmddhh` begins; `None` when there is no such hour.
pub fn hour(text: &str) -> Option<Millis> {
    if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| text[from..to].parse::<i64>().ok();
    let (year, month, day, hour) = (part(0, 4)?, part(4, 6)?, part(6, 8)?, part(8, 10)?);
    let days = days_until(year, month, day);
    (hour < 24 && date(days) == (year, month, day)).then_some(days * DAY + hour * HOUR - ZONE)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, whose years are counted from March.
fn days_until(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date so many days after 1970-01-01: year, month, day.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{DAY, HOUR, ZONE, date, day_start, days_until, hour, written};

    #[test]
    fn moments_are_written_in_the_clouds_calendar() {
        assert_eq!(written(1_700_000_000_000), "2023-11-15 06:13:20");
        assert_eq!(written(-ZONE), "1970-01-01 00:00:00");
        assert_eq!(written(951_753_599_000), "2000-02-28 23:59:59");
    }

    #[test]
    fn hours_are_read() {
        assert_eq!(hour("1970010108"), Some(0));
        assert_eq!(hour("2023111506"), Some(1_700_000_000_000 / HOUR * HOUR));
        assert_eq!(hour("2024022923").map(written).as_deref(), Some("2024-02-29 23:00:00"));
        for bad in ["2023022900", "2023111524", "2023130100", "2023111", "20231115x6", "2023-11-15", "2023000100"] {
            assert_eq!(hour(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_and_days_are_inverse() {
        for days in (-800_000..800_000).step_by(37) {
            let (year, month, day) = date(days);
            assert_eq!(days_until(year, month, day), days);
        }
    }

    #[test]
    fn days_begin_at_midnight() {
        let midnight = 1_700_000_000_000 / DAY * DAY - ZONE;
        assert_eq!(day_start(midnight), midnight);
        assert_eq!(day_start(midnight + DAY - 1), midnight);
        assert_eq!(day_start(midnight - 1), midnight - DAY);
    }
}
