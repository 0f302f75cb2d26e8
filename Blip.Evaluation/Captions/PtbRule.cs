using System.Text.RegularExpressions;

namespace Blip.Evaluation;

/// <summary>A kind of token: how it is recognised and spelled.</summary>
/// <param name="Pattern">Matches at the given position; its group <c>t</c> is the token.</param>
/// <param name="Spelling">Converts text to token; null leaves it as it is.</param>
internal sealed record PtbRule(Regex Pattern, Func<string, string>? Spelling = null)
{
    public string Spell(string text) => Spelling is null ? text : Spelling(text);
}
