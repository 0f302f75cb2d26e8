using Blip.Runtime.Models;
using Blip.Training;

namespace Blip.Tests.Training;

public class TrainingOptionsTests
{
    public static TheoryData<TrainingTask, TrainingRecipe, bool> Recipes =>
        [.. from task in Enum.GetValues<TrainingTask>()
            from recipe in Enum.GetValues<TrainingRecipe>()
            from large in (bool[])[false, true]
            select (task, recipe, large)];

    [Theory, MemberData(nameof(Recipes))]
    public void Every_recipe_is_valid_and_names_its_source(TrainingTask task, TrainingRecipe recipe, bool large)
    {
        var options = TrainingRecipes.For(task, recipe, large);

        options.Validate();
        Assert.Equal(task, options.Task);
        var source = recipe == TrainingRecipe.Paper ? "arXiv" : "LAVIS";
        Assert.Contains(source, TrainingRecipes.SourceOf(task, recipe), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TrainingTask.Caption, 5, 32, 1e-5, 384, 40, 0)]
    [InlineData(TrainingTask.Match, 6, 32, 1e-5, 384, 35, 57600)]
    [InlineData(TrainingTask.Vqa, 10, 16, 2e-5, 480, 35, 0)]
    [InlineData(TrainingTask.Pretrain, 20, 75, 3e-4, 224, 30, 57600)]
    public void The_papers_recipe_has_the_authors_numbers(
        TrainingTask task, int epochs, int batch, double rate, int side, int tokens, int queue)
    {
        var options = TrainingRecipes.For(task);

        Assert.Equal(
            (epochs, batch, rate, side, tokens, queue, 0.05, WeightDecayScope.All),
            (options.Epochs, options.BatchSize, options.LearningRate, options.ImageSize, options.MaxTokens, options.QueueSize,
                options.WeightDecay, options.WeightDecayOn));
    }

    [Fact]
    public void Lavis_differs_where_its_files_do()
    {
        var (paper, lavis) = (TrainingRecipes.For(TrainingTask.Match), TrainingRecipes.For(TrainingTask.Match, TrainingRecipe.Lavis));

        Assert.Equal((1e-5, 0.05, WeightDecayScope.All, 1), Numbers(paper));
        Assert.Equal((2e-5, 0.04, WeightDecayScope.Matrices, 2), Numbers(lavis));
        Assert.Equal(0.85, TrainingRecipes.For(TrainingTask.Pretrain).LearningRateDecay);
        Assert.Equal(0.9, TrainingRecipes.For(TrainingTask.Pretrain, TrainingRecipe.Lavis).LearningRateDecay);

        static (double, double, WeightDecayScope, int) Numbers(TrainingOptions options) =>
            (options.LearningRate, options.WeightDecay, options.WeightDecayOn, options.AlphaRampEpochs);
    }

    public static TheoryData<string> Names =>
    [
        "Epochs", "Steps", "BatchSize", "Accumulate", "LearningRate", "MinLearningRate", "LearningRateDecay", "WarmupSteps",
        "WarmupLearningRate", "WeightDecay", "LabelSmoothing", "QueueSize", "Momentum", "Alpha", "AlphaRampEpochs", "MaxTokens", "MaxWords",
        "ImageSize", "Dropout", "AttentionDropout", "DropPath", "MinCropScale", "SaveSteps", "ClipNorm", "LoaderThreads", "LoraRank",
            "MaxPixels",
    ];

    [Theory, MemberData(nameof(Names))]
    public void A_number_out_of_range_is_refused_by_its_name(string name)
    {
        var options = TrainingRecipes.For(TrainingTask.Pretrain) with { };
        var property = typeof(TrainingOptions).GetProperty(name)!;
        property.SetValue(options, property.PropertyType == typeof(double)
            ? -1.0 : property.PropertyType == typeof(long) ? -1L
            : (object)-1);

        var error = Assert.Throws<ArgumentException>(options.Validate);

        Assert.Equal(name, error.ParamName);
        Assert.StartsWith($"{name} is -1: give ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_number_is_refused(double value)
    {
        var options = TrainingRecipes.For(TrainingTask.Caption);

        Assert.Throws<ArgumentException>((options with { LearningRate = value }).Validate);
        Assert.Throws<ArgumentException>((options with { LabelSmoothing = value }).Validate);
        Assert.Throws<ArgumentException>((options with { MinCropScale = value }).Validate);
        Assert.Throws<ArgumentException>((options with { LearningRateDecay = value }).Validate);
    }

    [Fact]
    public void What_would_train_nothing_or_cannot_be_trained_is_refused()
    {
        var options = TrainingRecipes.For(TrainingTask.Caption);
        var both = FrozenParts.Vision | FrozenParts.Text;

        Refused(options with { Freeze = both }, "nothing would be trained");
        Refused(options with { Freeze = (FrozenParts)8 }, "Freeze");
        Refused(TrainingRecipes.For(TrainingTask.Match) with { BatchSize = 1 }, "negatives");
        Refused(options with { MinLearningRate = 1 }, "at most the learning rate");
        Refused(options with { Precision = Precision.Int8 }, "Precision is Int8: give Fp32, Bf16 or Fp16");

        static void Refused(TrainingOptions options, string word) =>
            Assert.Contains(word, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }
}
