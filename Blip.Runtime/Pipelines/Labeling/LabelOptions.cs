namespace Blip.Runtime.Pipelines;

/// <summary>How labels are turned into texts, and what decides among them.</summary>
public sealed record LabelOptions
{
    /// <summary>What stands for the label in a template.</summary>
    public const string Place = "{}";

    /// <summary>
    /// The templates that are used where none are given: a label's vector is the mean over its prompts (Radford et al. 2021, section
    /// 3.1.4). The first one is BLIP's own prompt.
    /// </summary>
    public static IReadOnlyList<string> DefaultTemplates { get; } = ["a picture of {}", "a photo of {}", "a photo of a {}", "an image of {}", "there is {} in the picture", "{}"];

    /// <summary>Texts with <c>{}</c> where the label goes; null for <see cref="DefaultTemplates"/>.</summary>
    public IReadOnlyList<string>? Templates { get; init; }

    /// <summary>How many of the closest labels by cosine the matching head looks at; 0 leaves all to the cosine.</summary>
    public int Rerank { get; init; } = 5;

    /// <summary>
    /// What cosines are divided by before their softmax; BLIP's contrastive loss begins with 0.07 (Li et al. 2021, section 3.2).
    /// </summary>
    public double Temperature { get; init; } = 0.07;

    /// <summary>Checks the numbers and the templates.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and says what it may be.</exception>
    public void Validate()
    {
        if (Rerank < 0)
            throw new ArgumentException(
                $"Rerank is {Rerank}: give how many labels the matching head looks at, or 0 for none.", nameof(Rerank));
        if (!(Temperature > 0) || !double.IsFinite(Temperature))
            throw new ArgumentException($"Temperature is {Temperature}: give a number above 0.", nameof(Temperature));
        if (Templates is { Count: 0 })
            throw new ArgumentException("Templates is empty: give at least one, or null for the default ones.", nameof(Templates));
        foreach (var template in Templates ?? [])
        {
            if (template?.Contains(Place, StringComparison.Ordinal) != true)
                throw new ArgumentException($"The template '{template}' has no {Place} where the label goes.", nameof(Templates));
        }
    }
}
