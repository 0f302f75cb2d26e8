using System.Text.RegularExpressions;

namespace Blip.Evaluation;

/// <summary>One kind of token: how it is recognised, and how the Treebank spells it.</summary>
/// <param name="Pattern">Matches at the place that it is asked about; its group <c>t</c> is the token.</param>
/// <param name="Spelling">From the text to the token; null leaves it as it is.</param>
internal sealed record PtbRule(Regex Pattern, Func<string, string>? Spelling = null)
{
    /// <summary>The token for the matched text.</summary>
    public string Spell(string text) => Spelling is null ? text : Spelling(text);
}
