// Fine-tunes the demo captioner on your images, then captions with it:
//
//   dotnet run samples/fine-tune.cs FOLDER OUTPUT
//
// FOLDER holds images with a .txt beside each. Ctrl-C stops after the current step; the same command resumes.
#:project ../Blip.Training/Blip.Training.csproj
// ILGPU compiles at run time, which single-file programs forbid by default.
#:property PublishAot=false

using Blip.Runtime.Pipelines;
using Blip.Training;

if (args is not [var folder, var output])
{
    Console.Error.WriteLine("usage: dotnet run samples/fine-tune.cs FOLDER OUTPUT");
    return 2;
}

var options = TrainingRecipes.For(TrainingTask.Caption) with
{
    // The demo's size and no words before captions; for a released model leave both as the recipe has them.
    ImageSize = 96,
    Prompt = "",
    Epochs = 10,
    BatchSize = 8,
    LearningRate = 5e-4,
    Resume = Directory.Exists(output),
};
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    using (var trainer = await Trainer.OpenAsync(
        "weights/captioning", new TrainingData { Sources = [folder] }, output, options, stop.Token))
    {
        foreach (var sentence in trainer.Summary)
            Console.WriteLine(sentence);
        var result = await trainer.RunAsync(
            step => Console.WriteLine($"step {step.Step} of {step.Steps}: loss {step.Losses["loss"]:F3}"), stop.Token);
        if (result.Stopped)
            return 130;
    }
    using var captioner = Captioner.Load(output);
    foreach (var image in Directory.EnumerateFiles(folder, "*.png").Order().Take(3))
        Console.WriteLine($"{image}: {(await captioner.CaptionAsync(image)).Text}");
    return 0;
}
catch (TrainingException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
