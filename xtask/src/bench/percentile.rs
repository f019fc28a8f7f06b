//! Percentiles of measured values.
//!
//! No averages and no smoothing: each figure is a value that was measured.

/// The value that `percent` of all values do not exceed: nearest rank, the ⌈percent/100 · n⌉-th smallest
/// (Hyndman and Fan 1996, definition 1).
///
/// `None` without values. Values must be numbers; `percent` lies in 1..=100.
pub(super) fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent * sorted.len()).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_percentile_is_a_measured_value() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 50), Some(100.0));
        assert_eq!(percentile(&values, 99), Some(198.0));
        assert_eq!(percentile(&values, 100), Some(200.0));
    }

    #[test]
    fn few_values_are_enough_and_none_give_none() {
        assert_eq!(percentile(&[3.0], 1), Some(3.0));
        assert_eq!(percentile(&[3.0, 1.0], 50), Some(1.0));
        assert_eq!(percentile(&[3.0, 1.0], 99), Some(3.0));
        assert_eq!(percentile(&[], 50), None);
    }
}
