using System.Text.RegularExpressions;

namespace Blip.Server.OpenAI;

/// <summary>
/// Recognises texts that only ask for a description, which tools send with every image. docs/serving.md shows
/// the list, so that it is clear which model answers.
/// </summary>
internal static partial class DescribeRequest
{
    public static bool Is(string text) => text.Length == 0 || Pattern().IsMatch(text);

    [GeneratedRegex(
        """
        ^\s*
        (?:(?:please|can\ you|could\ you|can\ you\ please|could\ you\ please)[\s,]+)?
        (?:
          (?:describe|caption)(?:\s+(?:the\s+contents?\s+of\s+)?(?:(?:the|this|these|an|my)\s+)?(?:image|picture|photo|photograph)s?|\s+(?:this|it))?
          | (?:write|give|generate|create)\s+(?:me\s+)?an?\s+(?:short\s+|brief\s+|detailed\s+)?(?:caption|description)(?:\s+(?:of|for)\s+(?:the|this)\s+(?:image|picture|photo|photograph))?
          | what(?:'?s|’s|\s+is|\s+are)\s+(?:shown\s+)?(?:in|on)\s+(?:the|this|these)\s+(?:image|picture|photo|photograph)s?
          | what\s+is\s+this
          | what\s+(?:do|can)\s+you\s+see(?:\s+(?:in|on)\s+(?:the|this)\s+(?:image|picture|photo|photograph))?
          | what\s+does\s+(?:the|this)\s+(?:image|picture|photo|photograph)\s+show
        )
        (?:\s+(?:in\s+detail|in\s+(?:one|a|a\s+single)\s+sentence|briefly|please))?
        \s*[.?!]*\s*$
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Pattern();
}
