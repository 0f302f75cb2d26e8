namespace Blip.Training.Metrics;

/// <summary>The losses of a step; null for an objective that the task lacks.</summary>
/// <param name="Contrast">Image-text contrast (ITC).</param>
/// <param name="Matching">Image-text matching (ITM).</param>
/// <param name="Language">Cross-entropy of the text's tokens (LM).</param>
/// <param name="Temperature">The temperature of contrast.</param>
internal readonly record struct StepLosses(
    double? Contrast = null, double? Matching = null, double? Language = null, double? Temperature = null);

/// <summary>
/// Warns when training learns nothing: a loss at its chance level, a temperature at its bound, or one caption for all images. An alarm is
/// repeated only after an improvement in between.
/// </summary>
/// <param name="vocabulary">Tokens of the vocabulary.</param>
/// <param name="candidates">The columns of contrast: images of batch and queue.</param>
/// <param name="window">Steps to average over.</param>
internal sealed class TrainingAlarms(int vocabulary, int candidates, int window = 200)
{
    /// <summary>The authors' bounds of the temperature.</summary>
    public const double LowestTemperature = 0.001, HighestTemperature = 0.5;

    // A loss within this share of the chance level counts as guessing.
    private const double Near = 0.02;

    private readonly Average contrast = new(window), matching = new(window), language = new(window);
    private readonly HashSet<string> told = [];

    /// <summary>Matching's loss if one pair in three matches and the model says so of each: 0.6365.</summary>
    public static double MatchingChance { get; } = -((Math.Log(1.0 / 3) / 3) + (Math.Log(2.0 / 3) * 2 / 3));

    /// <summary>The language loss if all tokens are equally likely.</summary>
    public double LanguageChance { get; } = Math.Log(vocabulary);

    /// <summary>The contrast loss if all candidates are equally likely.</summary>
    public double ContrastChance { get; } = Math.Log(candidates);

    /// <summary>Takes a step's losses and gives the new messages, usually none.</summary>
    public IReadOnlyList<string> Observe(StepLosses losses)
    {
        var alarms = new List<string>();
        var (mean, chance) = (matching.Add(losses.Matching), MatchingChance);
        Check(alarms, "image-text matching (ITM)", mean, chance, "one pair in three fits, and it says so of each");
        (mean, chance) = (language.Add(losses.Language), LanguageChance);
        Check(alarms, "the captions (LM)", mean, chance, "every token is equally likely to it");
        (mean, chance) = (contrast.Add(losses.Contrast), ContrastChance);
        Check(alarms, "image-text contrast (ITC)", mean, chance, "it cannot tell an image's text from others");
        if (losses.Temperature is { } temperature)
            CheckTemperature(alarms, temperature);
        return alarms;
    }

    /// <summary>Takes the captions of a validation. It gives an alarm where all are the same, otherwise null.</summary>
    public string? Observe(IReadOnlyList<string> captions)
    {
        const string Name = "captions";
        var same = captions.Count > 1 && captions.All(caption => caption == captions[0]);
        return Tell(Name, same)
            ? $"all {captions.Count} captions of the validation are \"{captions[0]}\": the text tower does not see the images. "
                + "Lower the learning rate, or begin from a pre-trained model."
            : null;
    }

    private void Check(List<string> alarms, string objective, double? mean, double chance, string meaning)
    {
        if (mean is not { } loss)
            return;
        // A loss above chance is no better.
        if (Tell(objective, loss > chance * (1 - Near)))
        {
            alarms.Add(FormattableString.Invariant(
                $"the loss of {objective} was {loss:F4} over the last {window} steps, and guessing gives {chance:F4}: ")
                + $"the model learns nothing there ({meaning}). Check that texts belong to their images, and the learning rate.");
        }
    }

    private void CheckTemperature(List<string> alarms, double temperature)
    {
        var bound = temperature <= LowestTemperature ? LowestTemperature : HighestTemperature;
        if (Tell("temperature", temperature is <= LowestTemperature or >= HighestTemperature))
        {
            alarms.Add(FormattableString.Invariant($"the temperature of contrast is at its bound {bound}: similarities are ")
                + (temperature <= LowestTemperature ? "far too sharp" : "nearly ignored") + ". Lower the learning rate.");
        }
    }

    private bool Tell(string name, bool wrong)
    {
        if (wrong)
            return told.Add(name);
        told.Remove(name);
        return false;
    }

    // The mean of the last values, once there are enough.
    private sealed class Average(int length)
    {
        private readonly Queue<double> values = new();

        public double? Add(double? value)
        {
            if (value is not { } number || !double.IsFinite(number))
                return null;
            values.Enqueue(number);
            if (values.Count > length)
                values.Dequeue();
            return values.Count == length ? values.Average() : null;
        }
    }
}
