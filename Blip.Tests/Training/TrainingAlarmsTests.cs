using Blip.Training.Metrics;

namespace Blip.Tests.Training;

public class TrainingAlarmsTests
{
    [Fact]
    public void Guessing_has_the_losses_of_the_literature()
    {
        var alarms = new TrainingAlarms(vocabulary: 30524, candidates: 75 + 57600);

        Assert.Equal(0.6365, TrainingAlarms.MatchingChance, 5e-5);
        Assert.Equal(10.33, alarms.LanguageChance, 5e-3);
        Assert.Equal(10.96, alarms.ContrastChance, 5e-3);
    }

    [Fact]
    public void A_loss_that_stays_at_guessing_is_told_once_and_again_after_it_was_better()
    {
        var alarms = new TrainingAlarms(vocabulary: 100, candidates: 16, window: 10);
        var told = new List<(int Step, string Text)>();
        for (var step = 0; step < 60; step++)
        {
            var loss = step is >= 20 and < 40 ? 0.3 : 0.64;
            told.AddRange(alarms.Observe(new StepLosses(Matching: loss, Language: 1, Contrast: 1)).Select(text => (step, text)));
        }

        Assert.Equal([9, 49], told.Select(one => one.Step));
        Assert.All(told, one => Assert.StartsWith(
            "the loss of image-text matching (ITM) was 0.6400 over the last 10 steps, and guessing gives 0.6365",
            one.Text,
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("LM", null, 4.6, null)]
    [InlineData("ITC", 2.77, null, null)]
    [InlineData("temperature", null, null, 0.001)]
    [InlineData("temperature", null, null, 0.5)]
    public void Each_objective_and_the_temperature_have_an_alarm(string word, double? contrast, double? language, double? temperature)
    {
        var alarms = new TrainingAlarms(vocabulary: 100, candidates: 16, window: 3);
        var losses = new StepLosses(Contrast: contrast, Language: language, Temperature: temperature);

        var told = Enumerable.Range(0, 5).SelectMany(_ => alarms.Observe(losses)).ToList();

        Assert.Contains(word, Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_learns_is_told_nothing_and_nor_is_what_is_no_number()
    {
        var alarms = new TrainingAlarms(vocabulary: 100, candidates: 16, window: 3);
        for (var step = 0; step < 20; step++)
        {
            Assert.Empty(alarms.Observe(new StepLosses(Contrast: 2, Matching: 0.5, Language: 3, Temperature: 0.07)));
            Assert.Empty(alarms.Observe(new StepLosses(Contrast: double.NaN, Matching: double.PositiveInfinity)));
        }
    }

    [Fact]
    public void One_caption_for_all_images_is_told()
    {
        var alarms = new TrainingAlarms(vocabulary: 100, candidates: 16);

        Assert.Null(alarms.Observe(["a cat", "a dog"]));
        Assert.Null(alarms.Observe(["a cat"]));
        Assert.Contains("\"a cat\"", alarms.Observe(["a cat", "a cat", "a cat"]), StringComparison.Ordinal);
        Assert.Null(alarms.Observe(["a cat", "a cat", "a cat"]));
        Assert.Null(alarms.Observe(["a cat", "a dog"]));
        Assert.NotNull(alarms.Observe(["a dog", "a dog"]));
    }
}
