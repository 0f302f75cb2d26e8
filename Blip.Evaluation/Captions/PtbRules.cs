using System.Text.RegularExpressions;

namespace Blip.Evaluation;

/// <summary>
/// The rules of tokens. A rule's group <c>t</c> is the token. The rest of its match must follow, and counts
/// in comparisons of length. Lookahead repetitions are bounded, so that time is linear in the text.
/// </summary>
internal static partial class PtbRules
{
    private const RegexOptions Exact = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
    private const RegexOptions Caseless = Exact | RegexOptions.IgnoreCase;

    private const string Letter = @"[\p{L}\u00AD\u0300-\u036F]";
    private const string LetterOrDigit = @"[\p{L}\p{Nd}\u00AD\u0300-\u036F]";
    private const string Word = $"{Letter}{LetterOrDigit}*([.!?]{Letter}{LetterOrDigit}*)*";
    private const string Apostrophe = @"(['\u0092\u2019]|&apos;)";
    private const string AnyApostrophe = @"(['\u0092\u2019`\u0091\u2018\u201B]|&apos;)";
    private const string Clitic = $"{Apostrophe}([msd]|re|ve|ll)";
    private const string Number = @"([-+]?(\p{Nd}*([.,:\u00AD\u066B\u066C]\p{Nd}+)+|\p{Nd}+([.,:\u00AD\u066B\u066C]\p{Nd}+)*))";
    private const string Thing =
        $"([dol]{AnyApostrophe}{LetterOrDigit})?{LetterOrDigit}+(-([dol]{AnyApostrophe}{LetterOrDigit})?{LetterOrDigit}+)*";
    private const string UrlCharacter = @"[^\s<>|`(){}\[\]""\u2018-\u201D]";

    private static readonly string[] Assimilations = ["cannot", "gonna", "gotta", "lemme", "gimme", "wanna"];

    private static readonly PtbRule[] Rules =
    [
        new(Assimilated()),
        new(Tag(), token => token.Replace(' ', '\u00A0')),
        new(Ampersand(), _ => "&"),
        new(LongDash(), _ => "--"),
        new(WordBeforeTwoClitics(), AmericanSpelling.Of),
        new(WordBeforeClitic(), AmericanSpelling.Of),
        new(WordBeforeNot(), WithoutSoftHyphens),
        new(PlainWords(), AmericanSpelling.Of),
        new(WordWithApostrophe(), StraightQuotes),
        new(You(), StraightQuotes),
        new(Url(), Escaped),
        new(Email()),
        new(Handle()),
        new(LoneClitic(), StraightQuotes),
        new(LoneNot(), StraightQuotes),
        new(Date(), Escaped),
        new(Numbers(), WithoutSoftHyphens),
        new(Fraction(), token => Escaped(token).Replace(' ', '\u00A0')),
        new(Either(), Escaped),
        new(Dollar()),
        new(Bang()),
        new(Abbreviations.Usual()),
        new(Abbreviations.BeforeNumbers()),
        new(Decade()),
        new(Degrees()),
        new(WordBeforeComma(), WithoutSoftHyphens),
        new(Hyphenated(), WithoutSoftHyphens),
        new(Initials()),
        new(Things(), WithoutSoftHyphens),
        new(Smiley(), token => token.Replace("(", "-LRB-", StringComparison.Ordinal).Replace(")", "-RRB-", StringComparison.Ordinal)),
        new(Hyphens(), token => token.Length is 3 or 4 ? "--" : token),
        new(Dots(), _ => "..."),
        new(Exclamations()),
        new(Stars(), token => token.Replace("*", @"\*", StringComparison.Ordinal)),
        new(Marks()),
    ];

    public static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is '\u200B' or '\uFEFF';

    /// <summary>Two words written as one, such as "cannot".</summary>
    public static bool IsAssimilation(ReadOnlySpan<char> word)
    {
        if (word.Length is not (5 or 6))
            return false;
        foreach (var assimilation in Assimilations)
        {
            if (word.Equals(assimilation, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <summary>The token and length of the longest match. An empty token is dropped.</summary>
    public static (int Length, string Token) Longest(string text, int place)
    {
        PtbRule? best = null;
        var (longest, length) = (0, 0);
        foreach (var rule in Rules)
        {
            var match = rule.Pattern.Match(text, place);
            if (!match.Success || match.Length <= longest)
                continue;
            (best, longest, length) = (rule, match.Length, match.Groups["t"].Length);
        }
        return best is null ? (1, OneCharacter(text[place])) : (length, best.Spell(text.Substring(place, length)));
    }

    private static string OneCharacter(char c) => c switch
    {
        '(' => "-LRB-",
        ')' => "-RRB-",
        '[' => "-LSB-",
        ']' => "-RSB-",
        '{' => "-LCB-",
        '}' => "-RCB-",
        '/' => @"\/",
        '¼' => @"1\/4",
        '½' => @"1\/2",
        '¾' => @"3\/4",
        '⅓' => @"1\/3",
        '⅔' => @"2\/3",
        '¢' => "cents",
        '£' => "#",
        '€' or '\u0080' or '\u20A0' => "$",
        '"' or '«' or '»' or (>= '\u201C' and <= '\u201F') or '\u0093' or '\u0094' => "''",
        '\'' or '`' or (>= '\u2018' and <= '\u201B') or '\u0091' or '\u0092' or '‹' or '›' => "'",
        '\u2026' or '\u0085' => "...",
        < '\u0080' => char.IsControl(c) ? "" : c.ToString(),
        (>= '\u00A1' and <= '\u00BF') or '×' or '÷' or (>= '\u2016' and <= '\u2043') or (>= '\u2100' and <= '\u2BFF')
            or (>= '\u3001' and <= '\u301F')
            or (>= '\uFF01' and <= '\uFF65') or '\u0E3F' or (>= '\u20A0' and <= '\u20BF') => c.ToString(),
        _ => "",
    };

    private static string WithoutSoftHyphens(string token) => token.Replace("\u00AD", "", StringComparison.Ordinal);

    private static string StraightQuotes(string token) =>
        token.Replace("&apos;", "'", StringComparison.Ordinal).Replace('\u2019', '\'').Replace('\u0092', '\'').Replace('\u2018', '`')
            .Replace('\u0091', '`').Replace('\u201B', '`');

    private static string Escaped(string token) =>
        token.Replace(@"\/", "/", StringComparison.Ordinal).Replace('\u2044', '/').Replace("/", @"\/", StringComparison.Ordinal);

    [GeneratedRegex(@"\G(?<t>can)not|\G(?<t>gon|wan)na|\G(?<t>got)ta|\G(?<t>lem|gim)me", Caseless)]
    private static partial Regex Assimilated();

    [GeneratedRegex(@"\G(?<t></?[a-z][a-z0-9:.-]{0,50}( [^<>]{0,500})?/?>)", Caseless)]
    private static partial Regex Tag();

    [GeneratedRegex(@"\G(?<t>&amp;)", Caseless)]
    private static partial Regex Ampersand();

    [GeneratedRegex(@"\G(?<t>[\u0096\u0097\u2013-\u2015]|&(md|mdash|ndash);)", Caseless)]
    private static partial Regex LongDash();

    [GeneratedRegex($@"\G(?<t>{Word}){Clitic}{Clitic}", Caseless)]
    private static partial Regex WordBeforeTwoClitics();

    [GeneratedRegex($@"\G(?<t>{Word}){Clitic}", Caseless)]
    private static partial Regex WordBeforeClitic();

    [GeneratedRegex($@"\G(?<t>{Letter}*[a-mo-z]\u00AD?)n{AnyApostrophe}t", Caseless)]
    private static partial Regex WordBeforeNot();

    [GeneratedRegex($@"\G(?<t>{Word})", Caseless)]
    private static partial Regex PlainWords();

    // Rock 'n' roll, d'you, 'em, 'til, Hawai'i, D'Angelo, c'mon.
    [GeneratedRegex(
        $@"\G(?<t>{Apostrophe}n{Apostrophe}?|([ldj]|dunkin|somethin|ol){Apostrophe}|{Apostrophe}(em|till?|cause|twas|[2-9]0s)"
        + $@"|(?-i:[A-HJ-XZn]){AnyApostrophe}{Letter}{{2}}{LetterOrDigit}*|\p{{L}}+[aeiouy]{AnyApostrophe}(?-i:[aeiouA-Z]){Letter}*"
        + @"|cont'd\.?|nor'easter|c'mon|e'er|s'mores|ev'ry|li'l|nat'l)",
        Caseless)]
    private static partial Regex WordWithApostrophe();

    [GeneratedRegex($@"\G(?<t>y{Apostrophe}){Letter}", Caseless)]
    private static partial Regex You();

    // A host's labels may contain full stops: matching them one by one would try too many splits.
    [GeneratedRegex(
        $@"\G(?<t>(https?|ftp)://{UrlCharacter}{{1,2000}}(?<![.!?,;:&'*-])|(www\.{UrlCharacter}{{1,639}}\.[a-z]{{2,4}}|([^\s<>|`(){{}}\[\].!?,:/$""]{{1,63}}\.){{1,10}}(com|net|org|edu))(/{UrlCharacter}{{1,2000}}(?<![.!?,;:&'*-]))?)(?![a-z])",
        Caseless)]
    private static partial Regex Url();

    [GeneratedRegex(@"\G(?<t>[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9][a-z0-9.-]{0,252}[a-z0-9])", Caseless)]
    private static partial Regex Email();

    [GeneratedRegex($@"\G(?<t>@[a-z_][a-z_0-9]*|#{Letter}({LetterOrDigit}|_)*{LetterOrDigit})", Caseless)]
    private static partial Regex Handle();

    [GeneratedRegex($@"\G(?<t>{Clitic})([^a-z]|\z)", Caseless)]
    private static partial Regex LoneClitic();

    [GeneratedRegex($@"\G(?<t>n{AnyApostrophe}t)([^a-z]|\z)", Caseless)]
    private static partial Regex LoneNot();

    [GeneratedRegex(@"\G(?<t>\p{Nd}{1,2}[-/]\p{Nd}{1,2}[-/]\p{Nd}{2,4})", Exact)]
    private static partial Regex Date();

    [GeneratedRegex($@"\G(?<t>{Number})", Exact)]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\G(?<t>(\p{Nd}{1,4}[- \u00A0])?\p{Nd}{1,4}(\\?/|\u2044)\p{Nd}{1,4})", Exact)]
    private static partial Regex Fraction();

    [GeneratedRegex(@"\G(?<t>[a-z0-9]{1,200}(-[a-z]{1,200}){0,2}(\\?/[a-z0-9]{1,200}(-[a-z]{1,200}){0,2}){1,2})", Caseless)]
    private static partial Regex Either();

    [GeneratedRegex(@"\G(?<t>[A-Z]{0,9}\$)", Exact)]
    private static partial Regex Dollar();

    [GeneratedRegex(@"\G(?<t>(e|yahoo|jeopardy)!)", Caseless)]
    private static partial Regex Bang();

    [GeneratedRegex($@"\G(?<t>{Apostrophe}[0-9][0-9])(\s|\z)", Exact)]
    private static partial Regex Decade();

    [GeneratedRegex(@"\G(?<t>°[cf])", Caseless)]
    private static partial Regex Degrees();

    [GeneratedRegex($@"\G(?<t>{Word}\.)[,;:\u3001]", Caseless)]
    private static partial Regex WordBeforeComma();

    [GeneratedRegex($@"\G(?<t>{LetterOrDigit}[a-z0-9.,\u00AD]{{0,200}}(-([a-z0-9\u00AD]+|[a-z](\.[a-z])+\.))+)([^a-z0-9.+]|\z)", Caseless)]
    private static partial Regex Hyphenated();

    [GeneratedRegex(@"\G(?<t>[A-Z]+(([+&]|&amp;)[A-Z]+)+)", Exact)]
    private static partial Regex Initials();

    [GeneratedRegex($@"\G(?<t>{Thing})", Caseless)]
    private static partial Regex Things();

    [GeneratedRegex(@"\G(?<t>[<>]?[:;=][-o*']?[()DPdpO\\{@|\[\]])([^A-Za-z0-9]|\z)", Exact)]
    private static partial Regex Smiley();

    [GeneratedRegex(@"\G(?<t>[-\u058A\u2010-\u2012]+)", Exact)]
    private static partial Regex Hyphens();

    [GeneratedRegex(@"\G(?<t>\.{3,5}|\.([ \u00A0]\.){2,4})", Exact)]
    private static partial Regex Dots();

    [GeneratedRegex(@"\G(?<t>[?!]+)", Exact)]
    private static partial Regex Exclamations();

    [GeneratedRegex(@"\G(?<t>\*+)", Exact)]
    private static partial Regex Stars();

    [GeneratedRegex(@"\G(?<t>@+|#+|_+|<<|>>)", Exact)]
    private static partial Regex Marks();
}
