using System.Text.RegularExpressions;

namespace Blip.Evaluation;

/// <summary>
/// British to American spelling, as in the COCO evaluation's tokenizer (CoreNLP's <c>Americanize</c>).
/// Case-sensitive: most capitalised words stay.
/// </summary>
internal static partial class AmericanSpelling
{
    private const int ShortestWord = 4, ShortestPattern = 6;

    // British stem, American stem, and their endings.
    private static readonly Dictionary<string, string> Words = Build(
        ("anaesthetic", "anesthetic", ""),
        ("analogue", "analog", " s"), ("homologue", "homolog", " s"),
        ("analys", "analyz", "e ed ing"),
        ("cancell", "cancel", "ed ing"), ("labell", "label", "ed ing"), ("travell", "travel", "ed ing"),
        ("centre", "center", ""), ("theatre", "theater", " s"), ("fibre", "fiber", " s"), ("titre", "titer", " s"),
            ("meagre", "meager", ""),
        ("chimaeric", "chimeric", ""), ("encyclopaedia", "encyclopedia", ""), ("oestrogen", "estrogen", " s"),
            ("manoeuvre", "maneuver", " s"),
        ("defence", "defense", ""), ("Defence", "Defense", ""),
        ("grey", "gray", ""), ("kerb", "curb", ""), ("leant", "leaned", ""), ("learnt", "learned", ""),
        ("practis", "practic", "e ed"),
        ("armour", "armor", "ed"), ("candour", "candor", ""), ("clamour", "clamor", ""), ("colour", "color", "ed ing ful"),
        ("discolour", "discolor", " s ed ing"), ("endeavour", "endeavor", " s ed ing"), ("favour", "favor", " s ed ing ite ites"),
            ("fervour", "fervor", ""),
        ("flavour", "flavor", " s ed ing"), ("glamour", "glamour", ""), ("harbour", "harbor", " s"), ("honour", "honor", " s ed ing able"),
        ("humour", "humor", " s ed ing"), ("labour", "labor", " s ed ing"), ("Labour", "Labor", ""), ("misdemeanour", "misdemeanor", " s"),
        ("neighbour", "neighbor", " s hood hoods"), ("rumour", "rumor", "ed ing"), ("savour", "savor", " s ed ing"),
            ("splendour", "splendor", " s"),
        ("capitalis", "capitaliz", "e ed ation"), ("finalis", "finaliz", "e ed ing"), ("localis", "localiz", "e ed"),
            ("maximis", "maximiz", "e ed ing"),
        ("minimis", "minimiz", "e ed ing"), ("modernis", "moderniz", "e ed ing"), ("organis", "organiz", "ation ations"),
            ("penalis", "penaliz", "e ed"),
        ("popularis", "populariz", "e ed es ing"), ("pressuris", "pressuriz", "e ed es ing"), ("realis", "realiz", "e ed ing es"),
        ("recognis", "recogniz", "e ed ing es"));

    /// <summary>The American word, without soft hyphens.</summary>
    public static string Of(string word)
    {
        var plain = word.Replace("\u00AD", "", StringComparison.Ordinal);
        if (plain.Length < ShortestWord)
            return plain;
        if (Words.TryGetValue(plain, out var american))
            return american;
        if (plain.Length < ShortestPattern)
            return plain;
        if (Blood().IsMatch(plain))
            return Blood().Replace(plain, "hem$1o");
        if (plain.EndsWith("aemia", StringComparison.Ordinal))
            return $"{plain[..^5]}emia";
        if (White().IsMatch(plain))
            return White().Replace(plain, "$1eukem");
        if (Programme().IsMatch(plain))
            return Programme().Replace(plain, "program$1");
        return Our().IsMatch(plain) && !NotOr().IsMatch(plain) ? Our().Replace(plain, "$1or$2") : plain;
    }

    private static Dictionary<string, string> Build(params (string British, string American, string Endings)[] stems) =>
        stems.SelectMany(stem =>
            stem.Endings.Split(' ').Select(ending => (British: stem.British + ending, American: stem.American + ending)))
            .ToDictionary(word => word.British, word => word.American, StringComparer.Ordinal);

    [GeneratedRegex("haem(at)?o")]
    private static partial Regex Blood();

    [GeneratedRegex("([lL])eukaem")]
    private static partial Regex White();

    [GeneratedRegex(@"programme(s?)\z")]
    private static partial Regex Programme();

    [GeneratedRegex(@"\A([a-z]{3,})our(s?)\z")]
    private static partial Regex Our();

    // Words that never end in -or.
    [GeneratedRegex(
        "abatjour|beflour|bonjour|calambour|carrefour|cornflour|contour|de[tv]our|dortour|dyvour|downpour"
        + "|giaour|glamour|holour|inpour|outpour|pandour"
        + "|paramour|pompadour|recontour|repour|ryeflour|sompnour|tambour|troubadour|tregetour|velour")]
    private static partial Regex NotOr();
}
