//! Days and hours as replies write them: the cloud's calendar is that of China, eight hours ahead of UTC.

use crate::Millis;

/// How far the calendar is ahead of UTC.
const ZONE: Millis = 8 * 3_600_000;
const DAY: Millis = 86_400_000;
/// An hour.
pub const HOUR: Millis = 3_600_000;

/// How many hours a calendar is ahead of UTC; that of the cloud unless another is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(i8);

impl Default for Zone {
    fn default() -> Self {
        Self(8)
    }
}

impl Zone {
    /// A zone so many hours ahead of UTC, from -12 to 14.
    pub fn new(ahead: i8) -> Option<Self> {
        (-12..=14).contains(&ahead).then_some(Self(ahead))
    }

    /// How many hours it is ahead.
    pub fn ahead(self) -> i64 {
        self.0.into()
    }
}

/// When the day of a moment began.
pub fn day_start(now: Millis) -> Millis {
    (now + ZONE).div_euclid(DAY) * DAY - ZONE
}

/// The day that begins with an hour since 1970 in a calendar so many hours ahead of UTC: year, month, day.
pub fn day_of(hour: i64, ahead: i64) -> (i64, i64, i64) {
    date((hour + ahead).div_euclid(24))
}

/// The hour since 1970 with which a day `yyyy-mm-dd` begins in such a calendar; `None` when there is no such day.
pub fn day(text: &str, ahead: i64) -> Option<i64> {
    let mut parts = text.split('-').map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then_some(part));
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let days = days_until(year, month, day);
    (date(days) == (year, month, day)).then_some(days * 24 - ahead)
}

/// The hour since 1970 with which the day of an hour began in such a calendar.
pub fn day_start_hour(hour: i64, ahead: i64) -> i64 {
    (hour + ahead).div_euclid(24) * 24 - ahead
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
    use super::{DAY, HOUR, ZONE, date, day, day_of, day_start, day_start_hour, days_until, hour, written};

    #[test]
    fn days_are_read_and_written() {
        assert_eq!(day("1970-01-01", 8), Some(-8));
        assert_eq!(day("2024-02-29", 8).map(|start| day_of(start, 8)), Some((2024, 2, 29)));
        assert_eq!(day("2024-02-29", -5).map(|start| day_of(start + 23, -5)), Some((2024, 2, 29)));
        for bad in ["2023-02-29", "2024-2-29", "20240229", "2024-02-29-", "2024-13-01", "", "x024-01-01"] {
            assert_eq!(day(bad, 8), None, "{bad}");
        }
        assert_eq!((day_start_hour(15, 8), day_start_hour(16, 8), day_start_hour(0, 0)), (-8, 16, 0));
    }

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
