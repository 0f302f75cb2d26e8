namespace Blip.Runtime.Pipelines;

/// <summary>How labels become texts, and how one is chosen.</summary>
public sealed record LabelOptions
{
    /// <summary>The label's place in a template.</summary>
    public const string Place = "{}";

    /// <summary>
    /// The default templates; the first is BLIP's prompt. A label's vector is the mean over its prompts (Radford et al. 2021, section
    /// 3.1.4).
    /// </summary>
    public static IReadOnlyList<string> DefaultTemplates { get; } =
        ["a picture of {}", "a photo of {}", "a photo of a {}", "an image of {}", "there is {} in the picture", "{}"];

    /// <summary>Texts with <c>{}</c> for the label; null for <see cref="DefaultTemplates"/>.</summary>
    public IReadOnlyList<string>? Templates { get; init; }

    /// <summary>How many of the closest labels by cosine the matching head scores; 0 leaves all to the cosine.</summary>
    public int Rerank { get; init; } = 5;

    /// <summary>Divides cosines before their softmax. BLIP's contrastive loss begins with 0.07 (Li et al. 2021, section 3.2).</summary>
    public double Temperature { get; init; } = 0.07;

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
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
