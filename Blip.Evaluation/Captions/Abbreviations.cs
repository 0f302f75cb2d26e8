using System.Text.RegularExpressions;

namespace Blip.Evaluation;

/// <summary>Abbreviations, which keep their full stop.</summary>
internal static partial class Abbreviations
{
    private const string Months = "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec";
    private const string Days = "mon|tue|tues|wed|thu|thurs|fri";
    private const string Companies = "inc|cos?|corp|pp?t[ye]s?|ltd|plc|bancorp|bhd|assn|univ|intl|sys";

    private const string Titles =
        "mr|mrs|ms|drs?|profs?|sens?|reps?|attys?|lt|col|gen|messrs|govs?|adm|rev|maj|sgt|cpl|pvt|capt|ste?|ave|pres"
        + "|lieut|hon|brig|co?mdr|pfc|spc|supts?|det|mt|ft"
        + "|adj|adv|asst|assoc|ens|insp|mlle|mme|msgr|sfc|jr|sr|bros|(ed|ph)\\.d|esq";

    private const string Others =
        "etc|al|seq|bldg|invt|elec|natl|m[ft]g|dept|blvd|rd|viz|exhs?|ass't|govt|wm|jos|cie|cf|vs|a\\.k\\.a|tel|est|ext|sq";

    // Those in (?-i:…) need a capital: in lower case they are ordinary words.
    private const string States =
        "(?-i:[A]z|[A]rk|[D]el|[I]ll|[L]a|[M]ass|[M]iss|[O]re|[P]a|[T]ex|[W]ash)|ala|ariz|calif|colo|conn|ct|dak|fla|ga|ind|kans?"
        + "|ky|md|mich|minn|mo|mont|neb|nev|okla|penn|tenn|va|vt|wisc?|wyo";

    // Also single letters, and letters separated by stops: "vitamin c.", "u.s."
    [GeneratedRegex(
        $@"\G(?<t>({Months}|{Days}|{Companies}|{Titles}|{Others}|{States}|[a-z](\.[a-z])*)\.)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    public static partial Regex Usual();

    [GeneratedRegex(
        @"\G(?<t>(ca|figs?|prop|nos?|vols?|sect?s?|arts?|paras?|bldg|pp|op|approx|apt|rt)\.)\s?[0-9]",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    public static partial Regex BeforeNumbers();
}
